"use client";

import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { ErrorState } from "@/components/ui/error-state";
import { moneyText } from "@/components/ui/money";
import { Skeletons } from "@/components/ui/skeletons";
import type { AlertRow, Verdict } from "@/server/indexes/fraud/contract";
import type { SelectionAct } from "@/server/indexes/fraud/contract-selection";
import { STATUS_WORDS } from "../../_components/words";
import { type Chosen, chosenOf, tooMany } from "./chosen";
import type { AllPagesHere } from "./use-all-pages";

const VERDICTS: readonly Verdict[] = ["confirmed", "false_positive", "inconclusive"];

export interface BulkBarProps {
  /** Of the loaded ones, those that are selected. */
  readonly rows: readonly AlertRow[];
  /** Every case under the filter, where that was chosen instead. */
  readonly everywhere: AllPagesHere | null;
  readonly busy: boolean;
  readonly onAct: (act: SelectionAct) => Promise<void>;
}

/** What can be done to every selected case; each says first how many cases and which sums it means. */
export function BulkBar({ rows, everywhere, busy, onAct }: BulkBarProps) {
  const [asked, setAsked] = useState<SelectionAct | null>(null);
  const chosen = chosenOf(rows, everywhere?.chosen === true ? everywhere.selection : null);
  const assign: SelectionAct = { kind: "assign", assignee: "me" };
  return (
    <>
      {VERDICTS.map((verdict) => (
        <Button
          key={verdict}
          variant="default"
          size="compact-sm"
          disabled={busy}
          onClick={() => setAsked({ kind: "verdict", verdict, note: null })}
        >
          {STATUS_WORDS[verdict]}
        </Button>
      ))}
      <Button variant="default" size="compact-sm" disabled={busy} onClick={() => setAsked(assign)}>
        Assign to me
      </Button>
      <ConfirmDialog
        opened={asked !== null}
        title={asked === null ? "" : titleOf(asked, chosen)}
        consequence={<Consequence chosen={chosen} error={everywhere?.error ?? null} asked={asked} />}
        confirmLabel={asked?.kind === "assign" ? "Assign" : "Decide"}
        ready={chosen !== null && chosen.cases > 0 && tooMany(chosen) === null}
        onClose={() => setAsked(null)}
        onConfirm={() => {
          if (asked !== null) void onAct(asked);
          setAsked(null);
        }}
      />
    </>
  );
}

const casesText = (cases: number): string => `${cases.toLocaleString("en-US")} ${cases === 1 ? "case" : "cases"}`;

function titleOf(act: SelectionAct, chosen: Chosen | null): string {
  const what = act.kind === "verdict" ? STATUS_WORDS[act.verdict] : "Assign to me";
  return chosen === null ? what : `${what}: ${casesText(chosen.cases)}`;
}

interface ConsequenceProps {
  readonly chosen: Chosen | null;
  readonly error: unknown;
  readonly asked: SelectionAct | null;
}

function Consequence({ chosen, error, asked }: ConsequenceProps) {
  if (chosen === null) return error === null ? <Skeletons rows={3} /> : <ErrorState error={error} />;
  const done = asked?.kind === "assign" ? "given to you" : "decided at once, by you,";
  const refused = tooMany(chosen);
  return (
    <>
      <p>
        {casesText(chosen.cases)} {chosen.cases === 1 ? "is" : "are"} {done} and written to the audit log. The payments
        themselves are not changed.
        {chosen.everywhere &&
          " These are all under the filter, counted when you selected them: alerts that came later are not meant, and cases a colleague changes meanwhile are left alone."}
      </p>
      <ul>
        {chosen.sums.map((sum) => (
          <li key={`${sum.currency}/${sum.exponent}`}>
            {sum.cases.toLocaleString("en-US")} with {moneyText(sum)} {sum.currency} in all
          </li>
        ))}
        {chosen.withoutAmount > 0 && <li>{chosen.withoutAmount.toLocaleString("en-US")} without an amount</li>}
      </ul>
      {refused !== null && <p role="alert">{refused}</p>}
    </>
  );
}
