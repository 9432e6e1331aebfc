import type { DuckDBValue } from "@duckdb/node-api";
import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { ConcordanceError } from "../../domain/errors";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader } from "../../query/reader";
import { bigOrNull, type Row, real, text, textOrNull, whole, wholeOrNull } from "../../query/values";
import type { MatchDetail, MatchesPage, MatchesQuery, MatchQuery, MatchRow } from "./contract";
import type { ReconciliationSources } from "./queries-breaks";
import { asOfClose, pinClose } from "./queries-closes";
import { decisionsAbout } from "./queries-decisions";
import { DECISION_PREFIX } from "./rows-decisions";
import { itemOf, seesCounterparties } from "./rows-items";

const ITEMS_SHOWN = 500;
const IS_INTERNAL = "(side = 'internal' OR role = 'payout')";

/** One row per match the close made. */
const matchGroups = (rows: string): string => `
  SELECT match_id, max(stage) AS stage, max(match_type) AS match_type, max(confidence) AS confidence, max(evidence) AS evidence,
    max(rule_version) AS rule_version, count(*) AS items, string_agg(DISTINCT account, ', ' ORDER BY account) AS accounts,
    max(payment_type) AS rail, arg_min(reference, NOT ${IS_INTERNAL}) AS reference, max(transaction_id) AS transaction_id,
    max(match_date) AS match_date, max(difference_minor) AS residual_minor,
    (sum(coalesce(gross_minor, amount_minor)) FILTER (${IS_INTERNAL}))::BIGINT AS internal_minor,
    (sum(coalesce(gross_minor, amount_minor)) FILTER (NOT ${IS_INTERNAL}))::BIGINT AS external_minor,
    max(currency) FILTER (${IS_INTERNAL}) AS internal_currency, max(exponent) FILTER (${IS_INTERNAL}) AS internal_exponent,
    max(currency) FILTER (NOT ${IS_INTERNAL}) AS external_currency, max(exponent) FILTER (NOT ${IS_INTERNAL}) AS external_exponent,
    coalesce(max(currency) FILTER (${IS_INTERNAL}), max(currency)) AS currency,
    lower(string_agg(concat_ws(' ', match_id, transaction_id, reference, merchant_id, line_key), ' ')) AS words
  FROM ${rows} WHERE row_kind = 'item' AND state = 'matched' AND match_id IS NOT NULL GROUP BY match_id`;

function conditionOf(query: MatchesQuery) {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  const add = (condition: string, name: string, value: string | null) => {
    if (value === null || value === "") return;
    parts.push(condition);
    parameters[name] = value;
  };
  add("currency = $currency", "currency", query.currency);
  add("contains(accounts, $account)", "account", query.account);
  add("contains(words, $text)", "text", query.text?.toLowerCase() ?? null);
  return { where: parts.join(" AND "), parameters };
}

/** Matches of a close: what people made first, then by stage from the weakest on. */
export async function readMatches(reader: LakeReader, query: MatchesQuery, signal?: AbortSignal): Promise<MatchesPage> {
  return reader.read({ name: "reconciliation.matches", signal }, async (view) => {
    const pinned = await pinClose(reader, view, query.close);
    const list = `SELECT * FROM (${matchGroups(pinned.rows)})`;
    const { where, parameters } = conditionOf(query);
    const stage = query.stage.length === 0 ? "true" : `stage IN (${query.stage.join(", ")})`;
    const page = afterOf(query.cursor);
    const rows = await view.rows(
      `${list} WHERE ${where} AND ${stage} AND ${page.after} ORDER BY stage DESC, match_id LIMIT ${query.limit + 1}`,
      { ...parameters, ...page.parameters },
    );
    const counts = await view.rows(
      `SELECT stage, count(*) AS matches FROM (${list} WHERE ${where}) GROUP BY stage ORDER BY stage`,
      parameters,
    );
    const byStage = counts.map((row) => ({ stage: whole(row, "stage"), matches: whole(row, "matches") }));
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      close: pinned.close,
      rows: shown.map(matchRow),
      nextCursor:
        rows.length > query.limit && last !== undefined
          ? encodeCursor([whole(last, "stage"), text(last, "match_id")])
          : null,
      total: byStage
        .filter((one) => query.stage.length === 0 || query.stage.includes(one.stage))
        .reduce((sum, { matches }) => sum + matches, 0),
      byStage,
      asOf: asOfClose(view, pinned),
    };
  });
}

function afterOf(cursor: string | null): { after: string; parameters: Record<string, DuckDBValue> } {
  if (cursor === null) return { after: "true", parameters: {} };
  const [stage = "", id = ""] = decodeCursor(cursor, 2);
  const after = "(stage < $cursorStage OR (stage = $cursorStage AND match_id > $cursorId))";
  return { after, parameters: { cursorStage: Number(stage), cursorId: id } };
}

function matchRow(row: Row): MatchRow {
  const matchId = text(row, "match_id");
  const money = (side: string) => {
    const [amountMinor, currency, exponent] = [
      bigOrNull(row, `${side}_minor`),
      textOrNull(row, `${side}_currency`),
      wholeOrNull(row, `${side}_exponent`),
    ];
    return amountMinor === null || currency === null || exponent === null ? null : { amountMinor, currency, exponent };
  };
  return {
    matchId,
    stage: whole(row, "stage"),
    matchType: text(row, "match_type"),
    confidence: real(row, "confidence"),
    evidence: text(row, "evidence"),
    ruleVersion: text(row, "rule_version"),
    items: whole(row, "items"),
    accounts: textOrNull(row, "accounts"),
    rail: textOrNull(row, "rail"),
    reference: textOrNull(row, "reference"),
    transactionId: textOrNull(row, "transaction_id"),
    internal: money("internal"),
    external: money("external"),
    residualMinor: bigOrNull(row, "residual_minor"),
    matchDate: textOrNull(row, "match_date"),
    decisionId: matchId.startsWith(DECISION_PREFIX) ? matchId.slice(DECISION_PREFIX.length) : null,
  };
}

/** One match with its members. Throws `no_such_match`. */
export async function readMatch(
  { reader, database }: ReconciliationSources,
  scope: AuthorizedScope,
  { close, matchId }: z.infer<typeof MatchQuery>,
  signal?: AbortSignal,
): Promise<z.infer<typeof MatchDetail>> {
  const found = await reader.read({ name: "reconciliation.match", signal }, async (view) => {
    const pinned = await pinClose(reader, view, close);
    const [match] = await view.rows(`SELECT * FROM (${matchGroups(pinned.rows)}) WHERE match_id = $id`, {
      id: matchId,
    });
    if (match === undefined) {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_match",
        message: `The close of ${pinned.close.businessDate} made no such match, or it was taken apart since.`,
        remedy: "Read the list again: a match is told by the close that made it.",
        at: { matchId },
      });
    }
    const rows = await view.rows(
      `SELECT * FROM ${pinned.rows} WHERE match_id = $id ORDER BY row_kind = 'item' DESC, side = 'internal' DESC, side, row_key LIMIT ${ITEMS_SHOWN}`,
      { id: matchId },
    );
    return { close: pinned.close, match, rows, asOf: asOfClose(view, pinned) };
  });
  const items = found.rows.filter((row) => text(row, "row_kind") === "item");
  return {
    close: found.close,
    match: matchRow(found.match),
    items: items.map((row) => itemOf(row, seesCounterparties(scope))),
    findings: found.rows
      .filter((row) => text(row, "row_kind") === "finding")
      .map((row) => ({
        kind: text(row, "kind"),
        internalValue: textOrNull(row, "internal_value"),
        externalValue: textOrNull(row, "external_value"),
      })),
    decisions: await decisionsAbout(database.db, scope.person.id, {
      breakIds: [matchId],
      itemKeys: items.flatMap((row) => textOrNull(row, "item_key") ?? []).slice(0, 20),
    }),
    asOf: found.asOf,
  };
}
