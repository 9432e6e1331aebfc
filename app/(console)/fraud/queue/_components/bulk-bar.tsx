"use client";

import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { moneyText } from "@/components/ui/money";
import type { AlertRow, Verdict } from "@/server/indexes/fraud/contract";
import { STATUS_WORDS } from "../../_components/words";

const VERDICTS: readonly Verdict[] = ["confirmed", "false_positive", "inconclusive"];

export interface BulkBarProps {
  readonly rows: readonly AlertRow[];
  readonly busy: boolean;
  readonly onDecide: (rows: readonly AlertRow[], verdict: Verdict) => Promise<void>;
  readonly onGive: (rows: readonly AlertRow[], assignee: string | null) => Promise<void>;
}

/** What can be done to every selected case; a verdict says first what it will do. */
export function BulkBar({ rows, busy, onDecide, onGive }: BulkBarProps) {
  const [asked, setAsked] = useState<Verdict | null>(null);
  return (
    <>
      {VERDICTS.map((verdict) => (
        <Button key={verdict} variant="default" size="compact-sm" disabled={busy} onClick={() => setAsked(verdict)}>
          {STATUS_WORDS[verdict]}
        </Button>
      ))}
      <Button variant="default" size="compact-sm" disabled={busy} onClick={() => void onGive(rows, "me")}>
        Assign to me
      </Button>
      <ConfirmDialog
        opened={asked !== null}
        title={asked === null ? "" : `${STATUS_WORDS[asked]}: ${rows.length} ${rows.length === 1 ? "case" : "cases"}`}
        consequence={
          <>
            <p>
              {rows.length} {rows.length === 1 ? "case is" : "cases are"} decided at once, by you, and written to the
              audit log. The payments themselves are not changed.
            </p>
            <ul>
              {sumsOf(rows).map((sum) => (
                <li key={sum}>{sum}</li>
              ))}
            </ul>
          </>
        }
        confirmLabel="Decide"
        onClose={() => setAsked(null)}
        onConfirm={() => {
          if (asked !== null) void onDecide(rows, asked);
          setAsked(null);
        }}
      />
    </>
  );
}

/** "3 payments, 1,204.50 EUR": one line per currency, never a sum across them. */
function sumsOf(rows: readonly AlertRow[]): string[] {
  const sums = new Map<string, { count: number; amountMinor: bigint; exponent: number; currency: string }>();
  let without = 0;
  for (const { amount } of rows) {
    if (amount === null) {
      without++;
      continue;
    }
    const key = `${amount.currency}/${amount.exponent}`;
    const sum = sums.get(key) ?? { count: 0, amountMinor: 0n, exponent: amount.exponent, currency: amount.currency };
    sums.set(key, { ...sum, count: sum.count + 1, amountMinor: sum.amountMinor + amount.amountMinor });
  }
  const lines = [...sums.values()].map((sum) => `${sum.count} with ${moneyText(sum)} ${sum.currency} in all`);
  return without === 0 ? lines : [...lines, `${without} without an amount`];
}
