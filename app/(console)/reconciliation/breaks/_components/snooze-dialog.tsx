"use client";

import { Button, Group, Modal, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { useRefreshReconciliation } from "../../_components/use-refresh";
import { countText } from "../../_components/words";

const DAY_MS = 86_400_000;
const REASON_CHARS_MIN = 3;
const SPANS = [
  { value: "1", label: "1 day" },
  { value: "3", label: "3 days" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "0", label: "End the snooze" },
];

/** Lets breaks rest for a while: they leave the open list, and stay in every close and total. */
export function SnoozeDialog({ breakIds, onClose }: { breakIds: readonly string[]; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const [days, setDays] = useState("3");
  const [reason, setReason] = useState("");
  const change = useMutation(
    trpc.reconciliation.snooze.mutationOptions({
      onSuccess: async () => {
        onClose();
        await refresh();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const until = days === "0" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
    change.mutate({ breakIds: [...breakIds], until, reason });
  };
  return (
    <Modal opened onClose={onClose} title={`Snooze ${countText(breakIds.length, "break")}`}>
      <form onSubmit={submit}>
        <p>They leave the open list until then. Every close and every total still counts them.</p>
        <Select
          label="For"
          data={SPANS}
          value={days}
          allowDeselect={false}
          onChange={(value) => setDays(value ?? "3")}
        />
        <TextInput
          mt="sm"
          label="Why"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={change.error === null ? undefined : faultOf(change.error).message}
        />
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending} disabled={reason.trim().length < REASON_CHARS_MIN}>
            {days === "0" ? "End the snooze" : "Snooze"}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
