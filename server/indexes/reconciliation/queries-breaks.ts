import type { DuckDBValue } from "@duckdb/node-api";
import type { AuthorizedScope } from "../../auth/scope";
import type { Database } from "../../db/connect";
import { namesOf } from "../../db/people";
import { openItems, type Work, workOf } from "../../db/reconciliation";
import { ConcordanceError } from "../../domain/errors";
import { formatInstant } from "../../domain/time";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader, LakeView } from "../../query/reader";
import { big, bigOrNull, type Row, text, textOrNull, whole, wholeOrNull } from "../../query/values";
import type { BreakFilter, BreakRow, BreakStatus, BreaksPage, BreaksQuery } from "./contract";
import { asOfClose, type PinnedClose, pinClose } from "./queries-closes";
import { seesCounterparties } from "./rows-items";

export interface ReconciliationSources {
  readonly reader: LakeReader;
  readonly database: Database;
}

const SPLIT = "\u001f";
const IS_INTERNAL = "(side = 'internal' OR role = 'payout')";
/** What a decision names: the item, of a finding its row. */
export const DECIDED_KEY = "CASE WHEN row_kind = 'item' THEN item_key ELSE row_key END";

const sumOf = (condition: string) => `(sum(coalesce(gross_minor, amount_minor)) FILTER (${condition}))::BIGINT`;

/** One row per break of a close, from an SQL relation over its rows. */
export const breakGroups = (rows: string, more = ""): string => `
  SELECT *, CASE WHEN coalesce(difference_minor, 0) <> 0 THEN abs(difference_minor)
                 ELSE greatest(abs(internal_minor), abs(external_minor)) END AS value_minor,
    coalesce(internal_currency, external_currency) AS currency, coalesce(internal_exponent, external_exponent) AS exponent
  FROM (
    SELECT break_id, max(kind) AS kind, count(*) AS items, list_sort(list(${DECIDED_KEY})) AS item_keys,
      concat_ws(' + ', CASE WHEN bool_or(side = 'internal') THEN 'internal' END, CASE WHEN bool_or(side = 'processor') THEN 'processor' END,
        CASE WHEN bool_or(side = 'bank') THEN 'bank' END) AS sides,
      max(account) AS account, max(payment_type) AS rail, max(merchant_id) AS merchant_id, max(transaction_id) AS transaction_id,
      arg_min(reference, ${IS_INTERNAL}::INTEGER * -1) AS reference, max(counterparty) AS counterparty,
      ${sumOf(IS_INTERNAL)} AS internal_minor, ${sumOf(`NOT ${IS_INTERNAL}`)} AS external_minor,
      max(currency) FILTER (${IS_INTERNAL}) AS internal_currency, max(exponent) FILTER (${IS_INTERNAL}) AS internal_exponent,
      max(currency) FILTER (NOT ${IS_INTERNAL}) AS external_currency, max(exponent) FILTER (NOT ${IS_INTERNAL}) AS external_exponent,
      max(field) AS field, max(internal_value) AS internal_value, max(external_value) AS external_value,
      max(difference_minor) AS difference_minor, min(item_date) AS item_date, min(expected_on) AS expected_on,
      min(expected_by) AS expected_by, max(age_business_days) AS age_business_days, max(payout_key) AS payout_key,
      lower(string_agg(concat_ws(' ', break_id, transaction_id, reference, merchant_id, line_key, account), ' ')) AS words,
      lower(string_agg(coalesce(counterparty, ''), ' ')) AS party_words${more}
    FROM ${rows} WHERE state = 'break' AND break_id IS NOT NULL GROUP BY break_id
  )`;

/** Breaks with what people do about them: the decision that holds, the request that waits, who works on it. */
export async function workListSql(
  { database }: ReconciliationSources,
  view: LakeView,
  { rows, decisions }: PinnedClose,
): Promise<string> {
  const [open, work] = await Promise.all([openItems(database.db), workOf(database.db)]);
  const waiting = await view.texts(
    "reconciliation_waiting",
    open.map(({ itemKey, requestId }) => [itemKey, requestId].join(SPLIT)),
  );
  const worked = await view.texts("reconciliation_worked", work.map(workText));
  const part = (place: number) => `split_part(value, chr(31), ${place})`;
  const told = `(
    SELECT r.*, a.decision_id AS decided, q.request_id AS waiting FROM ${rows} r
      LEFT JOIN (
        SELECT item_key AS of_item, decision_id FROM (
          SELECT item_key, decision_id, kind, row_number() OVER (PARTITION BY item_key ORDER BY sequence DESC) AS nth FROM ${decisions}
        ) WHERE nth = 1 AND kind IN ('match', 'force_match', 'write_off')
      ) a ON a.of_item = ${DECIDED_KEY}
      LEFT JOIN (SELECT ${part(1)} AS of_item, ${part(2)} AS request_id FROM ${waiting}) q ON q.of_item = ${DECIDED_KEY}
     WHERE r.state = 'break')`;
  return `
    SELECT b.*, w.assignee_id, w.snoozed_us,
      CASE WHEN decided IS NOT NULL THEN 'decided' WHEN waiting IS NOT NULL THEN 'waiting'
           WHEN w.snoozed_us > epoch_us(now()) THEN 'snoozed' ELSE 'open' END AS status
    FROM (${breakGroups(told, ", max(decided) AS decided, max(waiting) AS waiting")}) b
    LEFT JOIN (
      SELECT ${part(1)} AS break_id, nullif(${part(2)}, '') AS assignee_id, TRY_CAST(${part(3)} AS BIGINT) AS snoozed_us FROM ${worked}
    ) w ON w.break_id = b.break_id`;
}

const workText = ({ breakId, assigneeId, snoozedUntilMs }: Work): string =>
  [breakId, assigneeId ?? "", snoozedUntilMs === null ? "" : String(snoozedUntilMs * 1000)].join(SPLIT);

/** Everything of the filter but the status. */
function conditionOf(filter: BreakFilter, scope: AuthorizedScope) {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  const equal = (column: string, name: string, value: string | null) => {
    if (value === null || value === "") return;
    parts.push(`${column} = $${name}`);
    parameters[name] = value;
  };
  if (filter.kind.length > 0) parts.push(`kind IN (${filter.kind.map((kind) => `'${kind}'`).join(", ")})`);
  equal("account", "account", filter.account);
  equal("rail", "rail", filter.rail);
  equal("currency", "currency", filter.currency);
  equal("merchant_id", "merchant", filter.merchant);
  equal("payout_key", "payout", filter.payout);
  if (filter.ageMin !== null) parts.push(`coalesce(age_business_days, 0) >= ${filter.ageMin}`);
  if (filter.ageMax !== null) parts.push(`coalesce(age_business_days, 0) <= ${filter.ageMax}`);
  if (filter.valueMin !== null) parts.push(`value_minor >= ${filter.valueMin}`);
  if (filter.assignee === "nobody") parts.push("assignee_id IS NULL");
  else equal("assignee_id", "assignee", filter.assignee === "me" ? scope.person.id : filter.assignee);
  if (filter.text !== null && filter.text !== "") {
    parts.push(`(contains(words, $text)${seesCounterparties(scope) ? " OR contains(party_words, $text)" : ""})`);
    parameters.text = filter.text.toLowerCase();
  }
  return { where: parts.join(" AND "), parameters };
}

const AGE = "coalesce(age_business_days, 0)";
const VALUE = "coalesce(value_minor, 0)";
const CURRENCY = "coalesce(currency, '')";

/** Keyset paging. Values of different currencies are never compared: by value, currencies come one after the other. */
function pageOrder(sort: BreaksQuery["sort"], cursor: string | null) {
  const keys = { oldest: AGE, newest: `-${AGE}`, value: VALUE }[sort];
  const order =
    sort === "value" ? `${CURRENCY}, ${VALUE} DESC, break_id DESC` : `${keys} DESC, ${VALUE} DESC, break_id DESC`;
  const parameters: Record<string, DuckDBValue> = {};
  if (cursor === null) return { order, after: "true", parameters };
  const [first = "", value = "", id = ""] = decodeCursor(cursor, 3);
  Object.assign(parameters, { cursorValue: integer(value), cursorId: id });
  if (sort === "value") {
    parameters.cursorCurrency = first;
    const after = `(${CURRENCY} > $cursorCurrency OR (${CURRENCY} = $cursorCurrency AND (${VALUE}, break_id) < ($cursorValue, $cursorId)))`;
    return { order, after, parameters };
  }
  parameters.cursorAge = integer(first);
  return { order, after: `(${keys}, ${VALUE}, break_id) < ($cursorAge, $cursorValue, $cursorId)`, parameters };
}

function integer(part: string): bigint {
  if (/^-?\d{1,19}$/.test(part)) return BigInt(part);
  throw new ConcordanceError({ kind: "invalid_input", code: "bad_cursor", message: "The page's cursor is damaged." });
}

function cursorOf(row: Row, sort: BreaksQuery["sort"]): string {
  const age = wholeOrNull(row, "age_business_days") ?? 0;
  const first = { oldest: age, newest: -age, value: textOrNull(row, "currency") ?? "" }[sort];
  return encodeCursor([first, bigOrNull(row, "value_minor") ?? 0n, text(row, "break_id")]);
}

/** The work list: a page of breaks under the filter, how many stand in which state, and their value per currency. */
export async function readBreaks(
  sources: ReconciliationSources,
  scope: AuthorizedScope,
  query: BreaksQuery,
  signal?: AbortSignal,
): Promise<BreaksPage> {
  const found = await sources.reader.read({ name: "reconciliation.breaks", signal }, async (view) => {
    const pinned = await pinClose(sources.reader, view, query.close);
    const list = `SELECT * FROM (${await workListSql(sources, view, pinned)})`;
    const { where, parameters } = conditionOf(query, scope);
    const page = pageOrder(query.sort, query.cursor);
    const statuses = query.status.map((status) => `'${status}'`).join(", ");
    const status = statuses === "" ? "true" : `status IN (${statuses})`;
    const rows = await view.rows(
      `${list} WHERE ${where} AND ${status} AND ${page.after} ORDER BY ${page.order} LIMIT ${query.limit + 1}`,
      { ...parameters, ...page.parameters },
    );
    const counts = await view.rows(
      `SELECT status, currency, max(exponent) AS exponent, count(*) AS breaks, coalesce(sum(value_minor), 0)::BIGINT AS value_minor
         FROM (${list} WHERE ${where}) GROUP BY status, currency`,
      parameters,
    );
    return { rows, counts, close: pinned.close, asOf: asOfClose(view, pinned) };
  });
  const shown = found.rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    close: found.close,
    rows: await breakRows(sources, scope, shown),
    nextCursor: found.rows.length > query.limit && last !== undefined ? cursorOf(last, query.sort) : null,
    ...countsOf(found.counts, query.status),
    asOf: found.asOf,
  };
}

function countsOf(counts: readonly Row[], wanted: readonly BreakStatus[]) {
  const byStatus: Record<BreakStatus, number> = { open: 0, waiting: 0, decided: 0, snoozed: 0 };
  const values = new Map<string, { currency: string; exponent: number; breaks: number; valueMinor: bigint }>();
  let total = 0;
  for (const row of counts) {
    const [status, breaks] = [text(row, "status") as BreakStatus, whole(row, "breaks")];
    byStatus[status] += breaks;
    if (wanted.length > 0 && !wanted.includes(status)) continue;
    total += breaks;
    const [currency, exponent] = [textOrNull(row, "currency"), wholeOrNull(row, "exponent")];
    if (currency === null || exponent === null) continue;
    const sum = values.get(currency) ?? { currency, exponent, breaks: 0, valueMinor: 0n };
    values.set(currency, { ...sum, breaks: sum.breaks + breaks, valueMinor: sum.valueMinor + big(row, "value_minor") });
  }
  return { byStatus, total, values: [...values.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)) };
}

/** Rows of the work list with the names of who works on them. */
export async function breakRows(
  { database }: Pick<ReconciliationSources, "database">,
  scope: AuthorizedScope,
  rows: readonly Row[],
): Promise<BreakRow[]> {
  const ids = rows.flatMap((row) => textOrNull(row, "assignee_id") ?? []);
  const names = await namesOf(database.db, ids);
  return rows.map((row) => breakRow(row, names, seesCounterparties(scope)));
}

function breakRow(row: Row, names: ReadonlyMap<string, string>, seesParties: boolean): BreakRow {
  const assigneeId = textOrNull(row, "assignee_id");
  const snoozedUs = bigOrNull(row, "snoozed_us");
  const money = (side: string) => {
    const [amountMinor, currency, exponent] = [
      bigOrNull(row, `${side}_minor`),
      textOrNull(row, `${side}_currency`),
      wholeOrNull(row, `${side}_exponent`),
    ];
    return amountMinor === null || currency === null || exponent === null ? null : { amountMinor, currency, exponent };
  };
  return {
    breakId: text(row, "break_id"),
    kind: text(row, "kind"),
    status: text(row, "status") as BreakStatus,
    sides: text(row, "sides"),
    items: whole(row, "items"),
    itemKeys: Array.isArray(row.item_keys) ? row.item_keys.map(String) : [],
    account: textOrNull(row, "account"),
    rail: textOrNull(row, "rail"),
    merchantId: textOrNull(row, "merchant_id"),
    transactionId: textOrNull(row, "transaction_id"),
    reference: textOrNull(row, "reference"),
    counterparty: seesParties ? textOrNull(row, "counterparty") : null,
    currency: textOrNull(row, "currency"),
    exponent: wholeOrNull(row, "exponent"),
    internal: money("internal"),
    external: money("external"),
    field: textOrNull(row, "field"),
    internalValue: textOrNull(row, "internal_value"),
    externalValue: textOrNull(row, "external_value"),
    differenceMinor: bigOrNull(row, "difference_minor"),
    valueMinor: bigOrNull(row, "value_minor"),
    itemDate: textOrNull(row, "item_date"),
    expectedOn: textOrNull(row, "expected_on"),
    expectedBy: textOrNull(row, "expected_by"),
    ageBusinessDays: wholeOrNull(row, "age_business_days"),
    payoutKey: textOrNull(row, "payout_key"),
    assigneeId,
    assigneeName: assigneeId === null ? null : (names.get(assigneeId) ?? null),
    snoozedUntil: snoozedUs === null || row.status !== "snoozed" ? null : formatInstant(snoozedUs),
    decisionId: textOrNull(row, "decided") ?? textOrNull(row, "waiting"),
  };
}
