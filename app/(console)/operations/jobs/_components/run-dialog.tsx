"use client";

import { Button, Checkbox, Group, Modal, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Jobs } from "@/server/indexes/ops/contract-jobs";
import { DATES_PER_ACT_MAX, OVERRIDE_CHARS_MIN } from "@/server/jobs/limits";
import shared from "../../_components/operations.module.css";
import { useJobVerbs } from "./use-job-verbs";

/** What the dialog opens with; null leaves the choice. */
export interface RunWanted {
  readonly index: string | null;
  readonly from: string | null;
}

export interface RunDialogProps {
  readonly jobs: Jobs;
  readonly wanted: RunWanted | null;
  readonly onClose: () => void;
}

/** Asks for runs of a date or a range, and says before what they will do. */
export function RunDialog({ jobs, wanted, onClose }: RunDialogProps) {
  return (
    <Modal opened={wanted !== null} onClose={onClose} title="Run dates" size="md">
      {wanted !== null && <RunForm jobs={jobs} wanted={wanted} onClose={onClose} />}
    </Modal>
  );
}

const DAY_MS = 86_400_000;
const daysOf = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;

function RunForm({ jobs, wanted, onClose }: RunDialogProps & { readonly wanted: RunWanted }) {
  const verbs = useJobVerbs();
  const [index, setIndex] = useState(wanted.index ?? jobs.indexes[0]?.index ?? "");
  const [from, setFrom] = useState(wanted.from ?? jobs.newestDate);
  const [to, setTo] = useState(wanted.from ?? jobs.newestDate);
  const [mode, setMode] = useState<"commit" | "dry_run">("commit");
  const [reason, setReason] = useState("");
  const [override, setOverride] = useState(false);
  const days = daysOf(from, to);
  const inRange = days >= 1 && days <= DATES_PER_ACT_MAX;
  const needsReason = override && mode === "commit";
  const ready = index !== "" && inRange && (!needsReason || reason.trim().length >= OVERRIDE_CHARS_MIN);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const started = await verbs.start({ index, from, to, mode, reason, override: needsReason ? reason : null });
    if (started.length > 0) onClose();
  };
  const closed = jobs.cells.filter(
    (cell) => cell.index === index && cell.closes !== null && cell.businessDate >= from && cell.businessDate <= to,
  ).length;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Select
        label="Index"
        data={jobs.indexes.map(({ index: value, title: label }) => ({ value, label }))}
        value={index}
        allowDeselect={false}
        onChange={(value) => setIndex(value ?? "")}
      />
      <Group grow mt="sm">
        <TextInput
          type="date"
          label="From"
          required
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label="To"
          required
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={inRange ? undefined : `1 to ${DATES_PER_ACT_MAX} days, the earlier first`}
        />
      </Group>
      <SegmentedControl
        mt="sm"
        fullWidth
        size="xs"
        aria-label="What kind of run"
        data={[
          { value: "commit", label: "Run and commit" },
          { value: "dry_run", label: "Dry run: only show the diff" },
        ]}
        value={mode}
        onChange={(value) => setMode(value === "dry_run" ? "dry_run" : "commit")}
      />
      {mode === "commit" && (
        <Checkbox
          mt="sm"
          size="xs"
          label="Do not wait for the streams and other indexes to be complete"
          checked={override}
          onChange={(event) => setOverride(event.currentTarget.checked)}
        />
      )}
      <Textarea
        mt="sm"
        size="xs"
        label={needsReason ? "Why not wait (kept in the audit)" : "Why (kept in the audit)"}
        required={needsReason}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        description={needsReason ? `At least ${OVERRIDE_CHARS_MIN} characters` : undefined}
      />
      <p className={shared.note}>
        {mode === "dry_run"
          ? `Computes ${inRange ? days : 0} date(s) and writes nothing.`
          : `Queues ${inRange ? days : 0} run(s), the oldest first; ${closed} of the dates shown are closed already and will be replaced, each in one commit.`}
      </p>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!ready} loading={verbs.busy}>
          {mode === "dry_run" ? "Dry run" : "Queue"}
        </Button>
      </Group>
    </form>
  );
}
