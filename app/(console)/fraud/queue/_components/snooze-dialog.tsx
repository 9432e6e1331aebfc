"use client";

import { Button, Group, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { Time } from "@/components/ui/time";
import type { AlertDetail, AlertRow, AlertRule } from "@/server/indexes/fraud/contract";
import { ALERT_RULES, ruleTitle } from "../../_components/words";

const SPANS = [
  { value: "1", label: "1 hour" },
  { value: "24", label: "1 day" },
  { value: "168", label: "7 days" },
  { value: "720", label: "30 days" },
];
const HOUR_MS = 3_600_000;
const REASON_CHARS_MIN = 3;

export interface SnoozeDialogProps {
  readonly alert: AlertRow;
  readonly snooze: AlertDetail["snooze"];
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Hides a rule's alerts of one entity for a while. They are still made, counted and kept. */
export function SnoozeDialog({ alert, snooze, opened, onClose }: SnoozeDialogProps) {
  const rule = ALERT_RULES.find((known) => known === alert.rule);
  return (
    <Modal opened={opened} onClose={onClose} title={`Snooze ${ruleTitle(alert.rule)} for ${alert.entityId}`}>
      {opened && rule !== undefined && (
        <SnoozeForm rule={rule} entityId={alert.entityId} snooze={snooze} onClose={onClose} />
      )}
      {opened && rule === undefined && <p>Alerts of this rule cannot be snoozed.</p>}
    </Modal>
  );
}

interface SnoozeFormProps {
  readonly rule: AlertRule;
  readonly entityId: string;
  readonly snooze: AlertDetail["snooze"];
  readonly onClose: () => void;
}

function SnoozeForm({ rule, entityId, snooze, onClose }: SnoozeFormProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [hours, setHours] = useState("24");
  const [reason, setReason] = useState("");
  const change = useMutation(
    trpc.fraud.snooze.mutationOptions({
      onSuccess: async () => {
        onClose();
        await Promise.all([
          queryClient.invalidateQueries(trpc.fraud.queue.pathFilter()),
          queryClient.invalidateQueries(trpc.fraud.alert.pathFilter()),
        ]);
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const until = new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
    change.mutate({ rule, entityId, until, reason });
  };
  return (
    <form onSubmit={submit}>
      {snooze !== null && (
        <p>
          Snoozed until <Time at={snooze.until} /> by {snooze.by}: {snooze.reason}
        </p>
      )}
      <p>Alerts of this rule for this entity leave the open queue until then. They are still made and counted.</p>
      <Select
        label="For"
        data={SPANS}
        value={hours}
        onChange={(value) => setHours(value ?? "24")}
        allowDeselect={false}
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
        {snooze !== null && (
          <Button
            variant="default"
            loading={change.isPending}
            disabled={reason.trim().length < REASON_CHARS_MIN}
            onClick={() => change.mutate({ rule, entityId, until: null, reason })}
          >
            End the snooze
          </Button>
        )}
        <Button type="submit" loading={change.isPending} disabled={reason.trim().length < REASON_CHARS_MIN}>
          Snooze
        </Button>
      </Group>
    </form>
  );
}
