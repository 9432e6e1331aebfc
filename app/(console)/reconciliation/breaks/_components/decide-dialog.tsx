"use client";

import { Button, Group, Modal, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { moneyText } from "@/components/ui/money";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { DecideCommand, DecisionPreview } from "@/server/indexes/reconciliation/contract-decisions";
import classes from "../../_components/reconciliation.module.css";
import { useRefreshReconciliation } from "../../_components/use-refresh";
import { countText, DECISION_WORDS } from "../../_components/words";

const REASON_CHARS_MIN = 3;

export interface AskedDecision {
  readonly kind: DecideCommand["kind"];
  readonly groups: DecideCommand["groups"];
}

export interface DecideDialogProps {
  /** Null while nothing is asked. */
  readonly asked: AskedDecision | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const CONSEQUENCES = {
  match: "The items are put together as one match.",
  force_match: "The items are put together whatever differs; the match states its residual.",
  write_off: "What differs, or the whole amount where one side is missing, is written off as a component of its own.",
} as const;

/** Says what a decision will do, per currency, and who must agree, before it is made. */
export function DecideDialog({ asked, onClose, onDone }: DecideDialogProps) {
  return (
    <Modal
      opened={asked !== null}
      onClose={onClose}
      size="lg"
      title={asked === null ? "" : `${DECISION_WORDS[asked.kind]}: ${countText(asked.groups.length, "break")}`}
    >
      {asked !== null && <DecideForm asked={asked} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function DecideForm({ asked, onClose, onDone }: DecideDialogProps & { asked: AskedDecision }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const refresh = useRefreshReconciliation();
  const [reason, setReason] = useState("");
  const command = { kind: asked.kind, groups: asked.groups };
  const preview = useQuery({
    queryKey: ["reconciliation.preview", asked.kind, asked.groups.flatMap(({ itemKeys }) => itemKeys)],
    queryFn: () => client.reconciliation.preview.mutate(command),
    staleTime: 0,
    gcTime: 0,
  });
  const decide = useMutation(
    trpc.reconciliation.decide.mutationOptions({
      onSuccess: async ({ recorded, waiting }) => {
        notifications.show({
          title:
            waiting === 0
              ? `${countText(recorded, "decision")} made`
              : `${countText(waiting, "decision")} wait for a second person`,
          message:
            recorded > 0 ? "The next run of this close shows it." : "Nothing changes until somebody else agrees.",
        });
        onDone();
        await refresh();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim().length >= REASON_CHARS_MIN) decide.mutate({ ...command, reason });
  };
  const possible = preview.data !== undefined && preview.data.refused.length === 0;
  const needsApproval = preview.data !== undefined && preview.data.needApproval > 0;
  return (
    <form onSubmit={submit}>
      <p>
        {CONSEQUENCES[asked.kind]} It is a fact of the lake from then on, obeyed by every later run, and in the audit.
      </p>
      <QueryBoundary query={preview} skeletonRows={3}>
        {(data) => <Preview preview={data} />}
      </QueryBoundary>
      <Textarea
        mt="sm"
        label="Why"
        size="xs"
        required
        autosize
        minRows={2}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={decide.error === null ? undefined : faultOf(decide.error).message}
      />
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          loading={decide.isPending}
          disabled={!possible || reason.trim().length < REASON_CHARS_MIN}
        >
          {needsApproval ? "Ask for approval" : DECISION_WORDS[asked.kind]}
        </Button>
      </Group>
    </form>
  );
}

function Preview({ preview }: { preview: DecisionPreview }) {
  return (
    <>
      {preview.refused.length > 0 && (
        <div role="alert">
          {preview.refused.slice(0, 5).map(({ breakId, message, remedy }) => (
            <p key={breakId}>
              {message} {remedy}
            </p>
          ))}
          {preview.refused.length > 5 && <p>and {preview.refused.length - 5} more.</p>}
        </div>
      )}
      <Sums sums={preview.sums} />
      <p>
        {countText(preview.items, "item")}.{" "}
        {preview.needApproval === 0
          ? "Within your own limit: it counts at once, and can be taken back."
          : `${countText(preview.needApproval, "decision")} above the limit: a second person has to approve.`}
      </p>
    </>
  );
}

/** One line per currency, never a sum across them. */
export function Sums({ sums }: { sums: DecisionPreview["sums"] }) {
  if (sums.length === 0) return null;
  return (
    <table className={`${classes.table} ${classes.sums}`}>
      <thead>
        <tr>
          <th scope="col">Currency</th>
          {["Our books", "Statement", "Difference", "Limit"].map((name) => (
            <th scope="col" key={name} className={classes.right}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sums.map(({ currency, exponent, ...sum }) => (
          <tr key={currency}>
            <th scope="row">{currency}</th>
            {[sum.internalMinor, sum.externalMinor, sum.differenceMinor, sum.limitMinor].map((amountMinor, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns of the table, in their order.
              <td key={place} className={classes.right}>
                {moneyText({ amountMinor, currency, exponent })}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
