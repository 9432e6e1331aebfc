"use client";

import { Button, Group, Modal, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import type { BlacklistRow } from "@/server/indexes/fraud/contract";
import { BLACKLIST_ROLES, BLACKLIST_RULES } from "./blacklist-state";

const REASON_CHARS_MIN = 5;

/** Ends an entry of the blacklist, with a reason for the audit. */
export function UnblacklistDialog({ entry, onClose }: { entry: BlacklistRow | null; onClose: () => void }) {
  return (
    <Modal opened={entry !== null} onClose={onClose} title={entry === null ? "" : `Un-blacklist ${entry.partyId}`}>
      {entry !== null && <UnblacklistForm entry={entry} onClose={onClose} />}
    </Modal>
  );
}

function UnblacklistForm({ entry, onClose }: { entry: BlacklistRow; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState("");
  const remove = useMutation(
    trpc.fraud.unblacklist.mutationOptions({
      onSuccess: async ({ stillActive }) => {
        onClose();
        notifications.show({
          title: `${entry.partyId} is no longer denied by this entry`,
          message: stillActive === 0 ? "No other entry denies it." : `${stillActive} other entries still deny it.`,
        });
        await queryClient.invalidateQueries(trpc.fraud.blacklist.pathFilter());
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const role = BLACKLIST_ROLES.find((known) => known === entry.role);
    const rule = BLACKLIST_RULES.find((known) => known === entry.rule);
    if (role === undefined || rule === undefined) throw new Error(`No entry is of ${entry.role} and ${entry.rule}.`);
    remove.mutate({ partyId: entry.partyId, role, rule, reason });
  };
  return (
    <form onSubmit={submit}>
      <p>
        Payments of <b>{entry.partyId}</b> as {entry.role} are no longer denied by this entry, from the next event on.
        What was denied before stays denied. The rule may put the party here again.
      </p>
      <Textarea
        label="Why"
        required
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={remove.error === null ? undefined : faultOf(remove.error).message}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          color="red.8"
          loading={remove.isPending}
          disabled={reason.trim().length < REASON_CHARS_MIN}
        >
          Un-blacklist
        </Button>
      </Group>
    </form>
  );
}
