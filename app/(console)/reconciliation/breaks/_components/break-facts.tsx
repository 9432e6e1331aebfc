"use client";

import { Button } from "@mantine/core";
import Link from "next/link";
import type { ReactNode } from "react";
import type { z } from "zod";
import { traceHref } from "@/components/console/places";
import { Money } from "@/components/ui/money";
import type { BreakDetail, Item as ItemSchema } from "@/server/indexes/reconciliation/contract";
import { Fact } from "../../_components/fact";
import { ItemName } from "../../_components/item-name";
import classes from "../../_components/reconciliation.module.css";
import { kindTitle, sideTitle, valueText } from "../../_components/words";
import type { AskedDecision } from "./decide-dialog";

type Detail = z.infer<typeof BreakDetail>;
type Item = z.infer<typeof ItemSchema>;

const FIELDS: readonly (readonly [label: string, field: string, of: (item: Item) => ReactNode])[] = [
  ["Amount", "amount", ({ amount }) => <Money amount={amount} />],
  ["Currency", "currency", ({ amount }) => amount?.currency ?? null],
  ["Reference", "reference", ({ reference }) => reference],
  ["Payment", "", ({ transactionId }) => transactionId],
  ["Status", "status", ({ status }) => status],
  ["Date", "date", ({ itemDate }) => itemDate],
  ["Due", "", ({ expectedOn }) => expectedOn],
  ["Other party", "", ({ counterparty }) => counterparty],
  ["Account", "", ({ account, paymentType }) => account ?? paymentType],
  [
    "Fee",
    "fee",
    ({ feeMinor, amount }) =>
      feeMinor === null || amount === null ? null : <Money amount={{ ...amount, amountMinor: feeMinor }} />,
  ],
];

const PAIRS_SHOWN = 20;
const isOurs = ({ side, role }: Item): boolean => side === "internal" || role === "payout";

/** Both sides, field beside field, with what differs marked; one pair after the other where there are several. */
export function Sides({ detail }: { detail: Detail }) {
  const items = detail.items.filter(({ itemKey }) => itemKey !== null);
  const [ours, theirs] = [items.filter(isOurs), items.filter((item) => !isOurs(item))];
  const pairs = Math.max(ours.length, theirs.length);
  const { field } = detail.summary;
  return (
    <Fact title="Both sides">
      {field !== null && (
        <p className={classes.line}>
          {field} differs: {valueText(detail.summary, "internalValue")} with us,{" "}
          {valueText(detail.summary, "externalValue")} on the statement
        </p>
      )}
      {Array.from({ length: Math.min(pairs, PAIRS_SHOWN) }, (_, place) => (
        <Pair
          key={ours[place]?.rowKey ?? theirs[place]?.rowKey ?? place}
          ours={ours[place]}
          theirs={theirs[place]}
          field={field}
        />
      ))}
      {pairs > PAIRS_SHOWN && <p className={classes.line}>and {pairs - PAIRS_SHOWN} more on each side</p>}
    </Fact>
  );
}

function Pair({ ours, theirs, field }: { ours: Item | undefined; theirs: Item | undefined; field: string | null }) {
  return (
    <table className={classes.sides}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Field</span>
          </th>
          <th scope="col">
            {ours === undefined ? "Our books: nothing" : ours.role === "payout" ? "Processor’s payout" : "Our books"}
          </th>
          <th scope="col">{theirs === undefined ? "Statement: nothing" : sideTitle(theirs.side)}</th>
        </tr>
      </thead>
      <tbody>
        {FIELDS.map(([label, name, of]) => {
          const [left, right] = [ours === undefined ? null : of(ours), theirs === undefined ? null : of(theirs)];
          if (left === null && right === null) return null;
          return (
            <tr key={label} data-differs={name !== "" && name === field}>
              <th scope="row">{label}</th>
              <td>{left ?? <span className="dim">—</span>}</td>
              <td>{right ?? <span className="dim">—</span>}</td>
            </tr>
          );
        })}
        {ours !== undefined && ours.source !== null && (
          <tr>
            <th scope="row">Source</th>
            <td>
              <Link href={traceHref(ours.source)}>Trace</Link>
            </td>
            <td>{theirs?.lineKey ?? ""}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

interface CandidatesProps {
  readonly detail: Detail;
  readonly writes: boolean;
  readonly onAsk: (asked: AskedDecision) => void;
}

/** Open items of the other side that may belong to it. */
export function Candidates({ detail, writes, onAsk }: CandidatesProps) {
  const { breakId, itemKeys, status } = detail.summary;
  if (detail.candidates.length === 0) return null;
  const decided = status === "decided" || status === "waiting";
  return (
    <Fact title="May belong to it">
      {detail.candidates.map(({ item, why, differenceMinor }) => (
        <div key={item.rowKey} className={classes.entry}>
          <div className={classes.entryWords}>
            <ItemName item={item} />
            <div className={classes.when}>{why}</div>
          </div>
          {writes && item.itemKey !== null && (
            <span className={classes.entryVerbs}>
              <Button
                size="compact-xs"
                variant="default"
                disabled={decided}
                onClick={() =>
                  onAsk({
                    kind: differenceMinor === 0n ? "match" : "force_match",
                    groups: [{ breakId, itemKeys: [...itemKeys, item.itemKey ?? ""] }],
                  })
                }
              >
                {differenceMinor === 0n ? "Match" : "Force match"}
              </Button>
            </span>
          )}
        </div>
      ))}
    </Fact>
  );
}

/** What the closes before told of the same items. */
export function Closes({ detail }: { detail: Detail }) {
  return (
    <Fact title="In the closes">
      {detail.closes.map(({ businessDate, state, kind }) => (
        <div key={businessDate} className={classes.entry}>
          <Link
            href={`/reconciliation/breaks?date=${businessDate}&status=&q=${encodeURIComponent(detail.summary.reference ?? "")}`}
          >
            {businessDate}
          </Link>
          <span className="dim">{kind === null ? (state === "in_flight" ? "in flight" : state) : kindTitle(kind)}</span>
        </div>
      ))}
    </Fact>
  );
}
