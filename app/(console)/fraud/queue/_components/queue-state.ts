import { type inferParserType, parseAsArrayOf, parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { QueueQuery } from "@/server/indexes/fraud/contract";
import { ALERT_RULES, CASE_STATUSES, QUEUE_SORTS, SEVERITIES } from "../../_components/words";

export const PAGE_ROWS = 100;

/** What the address of the queue says: copying it shares the view. */
export const queueParsers = {
  status: parseAsArrayOf(parseAsStringLiteral(CASE_STATUSES)).withDefault(["new", "assigned"]),
  rule: parseAsArrayOf(parseAsStringLiteral(ALERT_RULES)).withDefault([]),
  severity: parseAsArrayOf(parseAsStringLiteral(SEVERITIES)).withDefault([]),
  assignee: parseAsString,
  entity: parseAsString,
  q: parseAsString,
  from: parseAsString,
  until: parseAsString,
  snoozed: parseAsBoolean.withDefault(false),
  sort: parseAsStringLiteral(QUEUE_SORTS).withDefault("newest"),
  /** The alert whose panel is open. */
  alert: parseAsString,
};
export type QueueState = inferParserType<typeof queueParsers>;

/** What a saved view of the queue keeps. */
export const QUEUE_VIEW_KEYS = Object.keys(queueParsers).filter((key) => key !== "alert");

type Filter = Omit<QueueQuery, "cursor">;

export const queryOf = (state: QueueState): Filter => ({
  status: state.status,
  rule: state.rule,
  severity: state.severity,
  assignee: state.assignee,
  entity: state.entity,
  text: state.q,
  from: state.from,
  until: state.until,
  includeSnoozed: state.snoozed,
  sort: state.sort,
  limit: PAGE_ROWS,
});

/** The same filter as an address of the export. */
export function exportHrefOf(state: QueueState): string {
  const query = new URLSearchParams();
  const { limit: _limit, ...filter } = queryOf(state);
  query.set("filter", JSON.stringify(filter));
  return `/api/export/fraud?view=queue&${query}`;
}
