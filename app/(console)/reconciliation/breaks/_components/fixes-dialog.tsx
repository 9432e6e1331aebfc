"use client";

import { Button, FileInput, Group, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import type { Fixes } from "@/server/indexes/reconciliation/contract-decisions";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";
import { useRefreshReconciliation } from "../../_components/use-refresh";
import { countText, DECISION_WORDS } from "../../_components/words";
import { Sums } from "./decide-dialog";

const BYTES_MAX = 8_000_000;

/** The breaks file, fixed in a spreadsheet, come back: first what it would do, then doing it. */
export function FixesDialog({ exportHref, onClose }: { exportHref: string; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const [csv, setCsv] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const fixes = useMutation(
    trpc.reconciliation.fixes.mutationOptions({
      onError: (error) => setFault(faultOf(error).message),
      onSuccess: async ({ applied, accepted }) => {
        if (!applied) return;
        notifications.show({
          title: `${countText(accepted.length, "decision")} made`,
          message: "Large ones wait for a second person.",
        });
        onClose();
        await refresh();
      },
    }),
  );
  const choose = async (file: File | null) => {
    setFault(null);
    setCsv(null);
    fixes.reset();
    if (file === null) return;
    if (file.size > BYTES_MAX) {
      setFault(
        `The file has ${file.size.toLocaleString("en-US")} bytes; ${BYTES_MAX.toLocaleString("en-US")} are taken.`,
      );
      return;
    }
    const text = await file.text();
    setCsv(text);
    fixes.mutate({ csv: text, apply: false });
  };
  const report = fixes.data;
  return (
    <Modal opened onClose={onClose} title="Upload fixes" size="lg">
      <p>
        <a href={`${exportHref}&format=csv`} download>
          Download the list as CSV
        </a>
        , write match, force_match or write_off into the column <code>decision</code> and why into <code>reason</code>,
        and send it back. Nothing is done before you have seen what it would do.
      </p>
      <FileInput
        label="File"
        placeholder="Choose the CSV file"
        size="xs"
        accept=".csv,text/csv"
        onChange={(file) => void choose(file)}
        error={fault ?? undefined}
      />
      {report !== undefined && <Report report={report} />}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={csv === null || report === undefined || report.accepted.length === 0}
          loading={fixes.isPending}
          onClick={() => csv !== null && fixes.mutate({ csv, apply: true })}
        >
          {report === undefined ? "Apply" : `Apply ${countText(report.accepted.length, "decision")}`}
        </Button>
      </Group>
    </Modal>
  );
}

const LINES_SHOWN = 200;

function Report({ report }: { report: Fixes }) {
  const large = report.accepted.filter(({ needsApproval }) => needsApproval).length;
  return (
    <div aria-live="polite">
      <p>
        {countText(report.rows, "line")}: {report.accepted.length.toLocaleString("en-US")} would be decided
        {large > 0 && `, ${large.toLocaleString("en-US")} of them wait for a second person`}; {report.refused.length}{" "}
        refused; {report.untouched.toLocaleString("en-US")} without a decision are left alone.
      </p>
      <Sums sums={report.sums} />
      {report.refused.length + report.accepted.length > 0 && (
        <Scroll label="Lines of the file">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Line</th>
                <th scope="col">What would happen</th>
              </tr>
            </thead>
            <tbody>
              {report.refused.slice(0, LINES_SHOWN).map(({ line, message }) => (
                <tr key={line}>
                  <th scope="row">{line}</th>
                  <td>Refused: {message}</td>
                </tr>
              ))}
              {report.accepted.slice(0, LINES_SHOWN).map(({ line, decision, needsApproval }) => (
                <tr key={line}>
                  <th scope="row">{line}</th>
                  <td>
                    {DECISION_WORDS[decision as keyof typeof DECISION_WORDS] ?? decision}
                    {needsApproval && ", after a second person agrees"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}
