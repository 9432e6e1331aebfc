"use client";

import { Button, Group, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { moneyText } from "@/components/ui/money";
import type { HoldRow } from "@/server/indexes/settlement/contract";

const REASON_CHARS_MIN = 5;

interface PlaceHoldProps {
  readonly merchantId: string | null;
  readonly currency: string | null;
  readonly from: string;
  /** The newest close: payouts up to it have left. */
  readonly closedOn: string;
  readonly onClose: () => void;
}

/** Keeps a merchant's payouts from a date on, until somebody releases the hold. */
export function PlaceHoldDialog({ opened, ...props }: PlaceHoldProps & { opened: boolean }) {
  return (
    <Modal opened={opened} onClose={props.onClose} title="Hold payouts">
      {opened && <PlaceForm {...props} />}
    </Modal>
  );
}

function PlaceForm({ merchantId: known, currency: given, from: wanted, closedOn, onClose }: PlaceHoldProps) {
  const trpc = useTRPC();
  const done = useDone(onClose);
  const [merchantId, setMerchantId] = useState(known ?? "");
  const [currency, setCurrency] = useState(given);
  const [from, setFrom] = useState(wanted > closedOn ? wanted : "");
  const [reason, setReason] = useState("");
  const place = useMutation(
    trpc.settlement.placeHold.mutationOptions({
      onSuccess: () => done(`Payouts of ${merchantId} are held from ${from}`, "The next run takes it in."),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    place.mutate({ merchantId, currency, from, reason });
  };
  return (
    <form onSubmit={submit}>
      <p>
        Payouts of the merchant from this date on are kept until somebody releases the hold. Payouts up to {closedOn}{" "}
        have left.
      </p>
      {known === null && (
        <TextInput
          label="Merchant"
          required
          data-autofocus
          value={merchantId}
          onChange={({ currentTarget }) => setMerchantId(currentTarget.value.trim())}
        />
      )}
      {known !== null && <Affected merchantId={known} currency={currency} from={from} />}
      {given !== null && (
        <NativeSelect
          label="Currency"
          value={currency ?? ""}
          data={[
            { value: given, label: `${given} only` },
            { value: "", label: "Every currency" },
          ]}
          onChange={({ currentTarget }) => setCurrency(currentTarget.value === "" ? null : currentTarget.value)}
        />
      )}
      <TextInput
        type="date"
        label="First payout date held"
        required
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
      />
      <Why reason={reason} onChange={setReason} error={place.error} focused={known !== null} />
      <Submit
        label="Hold payouts"
        busy={place.isPending}
        disabled={reason.trim().length < REASON_CHARS_MIN || from === "" || merchantId === ""}
        onClose={onClose}
      />
    </form>
  );
}

/** What a hold would keep of what is known today. */
function Affected({ merchantId, currency, from }: { merchantId: string; currency: string | null; from: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.settlement.payouts.queryOptions({
      merchantId,
      currency,
      from: from === "" ? null : from,
      status: ["projected", "scheduled", "late"],
      limit: 1,
    }),
  );
  if (data === undefined) return null;
  const sums = data.totals.map(
    ({ currency: code, exponent, netMinor }) =>
      `${moneyText({ amountMinor: netMinor, currency: code, exponent })} ${code}`,
  );
  return (
    <p>
      Keeps {data.total.toLocaleString("en-US")} {data.total === 1 ? "payout" : "payouts"} known today
      {sums.length === 0 ? "" : `: ${sums.join(" · ")}`}.
    </p>
  );
}

/** Lets a merchant's payouts go again, from the next run on. */
export function ReleaseHoldDialog({ hold, onClose }: { hold: HoldRow | null; onClose: () => void }) {
  return (
    <Modal
      opened={hold !== null}
      onClose={onClose}
      title={hold === null ? "" : `Release the hold on ${hold.merchantName ?? hold.merchantId}`}
    >
      {hold !== null && <ReleaseForm hold={hold} onClose={onClose} />}
    </Modal>
  );
}

function ReleaseForm({ hold, onClose }: { hold: HoldRow; onClose: () => void }) {
  const trpc = useTRPC();
  const done = useDone(onClose);
  const [reason, setReason] = useState("");
  const held = useQuery(
    trpc.settlement.payouts.queryOptions({
      merchantId: hold.merchantId,
      currency: hold.currency,
      status: ["held"],
      limit: 1,
    }),
  );
  const release = useMutation(
    trpc.settlement.releaseHold.mutationOptions({
      onSuccess: ({ effectiveOn }) =>
        done("Released, in the next run", `Held payouts are paid on the schedule's first date from ${effectiveOn} on.`),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    release.mutate({ holdId: hold.holdId, reason });
  };
  const sums = (held.data?.totals ?? []).map(
    ({ currency, exponent, netMinor }) => `${moneyText({ amountMinor: netMinor, currency, exponent })} ${currency}`,
  );
  return (
    <form onSubmit={submit}>
      <p>
        Held since {hold.from}: {hold.reason}.
        {sums.length > 0 && ` Lets ${held.data?.total ?? 0} payouts go: ${sums.join(" · ")}.`} They are paid on the
        schedule's next date after the next run, which may still change them.
      </p>
      <Why reason={reason} onChange={setReason} error={release.error} focused />
      <Submit
        label="Release"
        busy={release.isPending}
        disabled={reason.trim().length < REASON_CHARS_MIN}
        onClose={onClose}
      />
    </form>
  );
}

function useDone(onClose: () => void): (title: string, message: string) => Promise<void> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return async (title, message) => {
    onClose();
    notifications.show({ title, message });
    await queryClient.invalidateQueries(trpc.settlement.pathFilter());
  };
}

interface WhyProps {
  readonly reason: string;
  readonly onChange: (reason: string) => void;
  readonly error: Parameters<typeof faultOf>[0] | null;
  readonly focused: boolean;
}

function Why({ reason, onChange, error, focused }: WhyProps) {
  return (
    <Textarea
      label="Why"
      required
      autosize
      minRows={2}
      value={reason}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      error={error === null ? undefined : faultOf(error).message}
      {...(focused ? { "data-autofocus": true } : {})}
    />
  );
}

interface SubmitProps {
  readonly label: string;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onClose: () => void;
}

function Submit({ label, busy, disabled, onClose }: SubmitProps) {
  return (
    <Group justify="flex-end" mt="lg" gap="xs">
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
      <Button type="submit" loading={busy} disabled={disabled}>
        {label}
      </Button>
    </Group>
  );
}
