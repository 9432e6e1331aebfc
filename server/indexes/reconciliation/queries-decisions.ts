import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import type { Queries } from "../../db/connect";
import { namesOf } from "../../db/people";
import { countPending, type Request, readRequests } from "../../db/reconciliation";
import { formatInstant } from "../../domain/time";
import type { Approvals, Decision, DecisionKind } from "./contract-decisions";
import type { ReconciliationSources } from "./queries-breaks";

type DecisionRow = z.infer<typeof Decision>;

const instantOf = (ms: number): string => formatInstant(BigInt(ms) * 1000n);

/** Requests as the console tells them. */
export async function decisionRows(db: Queries, personId: string, rows: readonly Request[]): Promise<DecisionRow[]> {
  const names = await namesOf(
    db,
    rows.flatMap(({ requestedBy, decidedBy }) => (decidedBy === null ? [requestedBy] : [requestedBy, decidedBy])),
  );
  const person = (id: string) => ({ id, name: names.get(id) ?? id });
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as DecisionKind,
    state: row.state as DecisionRow["state"],
    businessDate: row.businessDate,
    breakId: row.breakId,
    items: row.items.map(({ itemKey, side, reference, currency, exponent, amountMinor }) => ({
      itemKey,
      side,
      reference,
      amount:
        currency === null || exponent === null || amountMinor === null
          ? null
          : { currency, exponent, amountMinor: BigInt(amountMinor) },
    })),
    residualMinor: row.residualMinor,
    value: row.value.map(({ amountMinor, ...rest }) => ({ ...rest, amountMinor: BigInt(amountMinor) })),
    needsApproval: row.needsApproval,
    reason: row.reason,
    requestedBy: person(row.requestedBy),
    requestedAt: instantOf(row.requestedAtMs),
    decidedBy: row.decidedBy === null ? null : person(row.decidedBy),
    decidedAt: row.decidedAtMs === null ? null : instantOf(row.decidedAtMs),
    answer: row.answer,
    isOwn: row.requestedBy === personId,
  }));
}

/** Decisions asked for about a break, or any of its items, newest first. */
export const decisionsAbout = async (
  db: Queries,
  personId: string,
  about: { readonly breakIds: readonly string[]; readonly itemKeys: readonly string[] },
): Promise<DecisionRow[]> => decisionRows(db, personId, await readRequests(db, about));

/** What waits for a second person, or what second persons have answered. */
export async function readApprovals(
  { database }: ReconciliationSources,
  { person }: AuthorizedScope,
  state: "pending" | "answered",
): Promise<Approvals> {
  const rows = await readRequests(database.db, { pending: state === "pending" });
  return {
    decisions: await decisionRows(database.db, person.id, rows),
    pending: await countPending(database.db),
  };
}
