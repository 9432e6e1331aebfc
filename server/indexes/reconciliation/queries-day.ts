import type { LakeReader } from "../../query/reader";
import { big, type Row, text, textOrNull, whole } from "../../query/values";
import type { CloseQuery, DaySummary } from "./contract";
import { breakGroups } from "./queries-breaks";
import { asOfClose, pinClose } from "./queries-closes";
import { groupBy } from "./rows-items";

/** Bounds of the age buckets, business days: each holds ages up to its bound. */
const AGE_BUCKETS = [
  { bucket: "0", upTo: 0 },
  { bucket: "1", upTo: 1 },
  { bucket: "2-5", upTo: 5 },
  { bucket: "6-20", upTo: 20 },
  { bucket: "21+", upTo: null },
] as const;

const GROUPS_MAX = 2_000;

/** A day at a glance: what is matched, broken and in flight, by which stage, how much and how old. */
export async function readDay(reader: LakeReader, query: CloseQuery, signal?: AbortSignal): Promise<DaySummary> {
  return reader.read({ name: "reconciliation.day", signal }, async (view) => {
    const pinned = await pinClose(reader, view, query);
    const groups = await view.rows(groupsSql(pinned.rows));
    const stages = await view.rows(`
      SELECT stage, count(DISTINCT match_id) AS matches, count(*) AS items FROM ${pinned.rows}
       WHERE row_kind = 'item' AND state = 'matched' AND stage IS NOT NULL GROUP BY stage ORDER BY stage`);
    const kinds = await view.rows(`
      SELECT kind, count(DISTINCT break_id) AS breaks FROM ${pinned.rows} WHERE state = 'break' GROUP BY kind ORDER BY breaks DESC, kind`);
    const ages = await view.rows(agesSql(pinned.rows));
    return {
      close: pinned.close,
      controls: pinned.record.controls.map(({ control, currency, rows, minor }) => ({
        control,
        currency,
        rows: BigInt(rows),
        minor: minor === null ? null : BigInt(minor),
      })),
      groups: groups.map((row) => ({
        side: text(row, "side"),
        account: textOrNull(row, "account"),
        rail: textOrNull(row, "rail"),
        currency: text(row, "currency"),
        exponent: whole(row, "exponent"),
        matched: stateOf(row, "matched"),
        broken: stateOf(row, "broken"),
        inFlight: stateOf(row, "in_flight"),
      })),
      stages: stages.map((row) => ({
        stage: whole(row, "stage"),
        matches: whole(row, "matches"),
        items: whole(row, "items"),
      })),
      kinds: kinds.map((row) => ({ kind: text(row, "kind"), breaks: whole(row, "breaks") })),
      ages: agesOf(ages),
      asOf: asOfClose(view, pinned),
    };
  });
}

const stateOf = (row: Row, name: string) => ({
  items: whole(row, `${name}_items`),
  amountMinor: big(row, `${name}_minor`),
});

const groupsSql = (rows: string): string => {
  const parts = [
    ["matched", "matched"],
    ["break", "broken"],
    ["in_flight", "in_flight"],
  ].map(
    ([state, name]) => `count(*) FILTER (state = '${state}') AS ${name}_items,
      coalesce(sum(amount_minor) FILTER (state = '${state}'), 0)::BIGINT AS ${name}_minor`,
  );
  return `
    SELECT side, account, payment_type AS rail, currency, max(exponent) AS exponent, ${parts.join(", ")}
      FROM ${rows} WHERE row_kind = 'item' AND currency IS NOT NULL AND exponent IS NOT NULL
     GROUP BY side, account, payment_type, currency
     ORDER BY side = 'internal' DESC, side, account NULLS FIRST, currency, rail NULLS FIRST LIMIT ${GROUPS_MAX}`;
};

const agesSql = (rows: string): string => {
  const cases = AGE_BUCKETS.map(({ upTo }, place) =>
    upTo === null ? `ELSE ${place}` : `WHEN coalesce(age_business_days, 0) <= ${upTo} THEN ${place}`,
  );
  return `
    SELECT currency, max(exponent) AS exponent, CASE ${cases.join(" ")} END AS bucket, count(*) AS breaks,
           coalesce(sum(value_minor), 0)::BIGINT AS value_minor
      FROM (${breakGroups(rows)}) WHERE currency IS NOT NULL AND exponent IS NOT NULL
     GROUP BY currency, bucket ORDER BY currency, bucket`;
};

function agesOf(rows: readonly Row[]): DaySummary["ages"] {
  return [...groupBy(rows, (row) => text(row, "currency"))].map(([currency, parts]) => ({
    currency,
    exponent: Math.max(...parts.map((row) => whole(row, "exponent"))),
    buckets: AGE_BUCKETS.map(({ bucket }, place) => {
      const found = parts.find((row) => whole(row, "bucket") === place);
      return {
        bucket,
        breaks: found === undefined ? 0 : whole(found, "breaks"),
        valueMinor: found === undefined ? 0n : big(found, "value_minor"),
      };
    }),
  }));
}
