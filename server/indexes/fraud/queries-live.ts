import { z } from "zod";
import { namesOf } from "../../db/people";
import { InstantText, MoneyValue } from "../../domain/answer";
import { formatInstant } from "../../domain/time";
import type { Change } from "../../lake/snapshot";
import { FRAUD_SIGNALS } from "../../pipeline/tables";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import { asOfOf, type LakeReader, type LakeView } from "../../query/reader";
import { big, text, textOrNull, whole } from "../../query/values";
import type { BlacklistPage, BlacklistQuery, Live, NewAlerts } from "./contract";
import type { FraudSources } from "./queries";
import { blacklistRow, blacklistSql } from "./rows";
import type { EffectiveSettings } from "./settings";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS, PARTY_DAYS, STOLEN_CARD_SUMMARIES } from "./tables";

const MINUTE_MS = 60_000;
const SCORE_BUCKETS = 20;
const SUMMARIES_MAX = 200;
const Sums = z.array(
  z.object({ currency: z.string(), exponent: z.number().int(), amountMinor: z.string().regex(/^-?\d+$/) }),
);
const Merchants = z.array(z.string());

const minuteOf = (column: string) => `make_timestamptz(epoch_us(${column}) // 60000000 * 60000000)`;

/** What fires now: alerts per minute and rule, fraud scores, and the stolen cards of the last 60 minutes. */
export async function readLive(
  reader: LakeReader,
  settings: EffectiveSettings,
  minutes: number,
  signal?: AbortSignal,
): Promise<Live> {
  const untilMs = Date.now();
  const fromMs = Math.floor(untilMs / MINUTE_MS) * MINUTE_MS - (minutes - 1) * MINUTE_MS;
  const from = new Date(fromMs).toISOString();
  const { fraud_score } = settings.on(Math.floor(untilMs / 86_400_000)).settings;
  return reader.read({ name: "fraud.live", signal }, async (view) => {
    const alerts = await view.scan(ALERTS.name, { column: "detected_at", min: from });
    const perMinute = await view.rows(
      `SELECT ${minuteOf("detected_at")} AS minute, rule, count(*) AS alerts FROM ${alerts}
        WHERE detected_at >= $from::TIMESTAMPTZ GROUP BY ALL ORDER BY minute, rule`,
      { from },
    );
    const signals = await view.scan(FRAUD_SIGNALS.name, { column: "ingested_at", min: from });
    const scores = await view.rows(
      `SELECT least(floor(fraud_score * ${SCORE_BUCKETS})::INTEGER, ${SCORE_BUCKETS - 1}) AS bucket, count(*) AS signals
         FROM ${signals} WHERE ingested_at >= $from::TIMESTAMPTZ GROUP BY ALL`,
      { from },
    );
    const found = new Map(scores.map((row) => [whole(row, "bucket"), whole(row, "signals")]));
    const rows = perMinute.map((row) => ({
      minute: text(row, "minute"),
      rule: text(row, "rule"),
      alerts: whole(row, "alerts"),
    }));
    const totals = new Map<string, number>();
    for (const { rule, alerts: count } of rows) totals.set(rule, (totals.get(rule) ?? 0) + count);
    return {
      perMinute: rows,
      byRule: [...totals]
        .map(([rule, count]) => ({ rule, alerts: count, perMinute: count / minutes }))
        .sort((a, b) => b.alerts - a.alerts || (a.rule < b.rule ? -1 : 1)),
      scores: Array.from({ length: SCORE_BUCKETS }, (_, bucket) => ({
        from: bucket / SCORE_BUCKETS,
        to: (bucket + 1) / SCORE_BUCKETS,
        signals: found.get(bucket) ?? 0,
      })),
      scoreThresholds: { high: fraud_score.high, medium: fraud_score.medium },
      stolenCards: view.has(STOLEN_CARD_SUMMARIES.name) ? await readSummaries(view) : [],
      from: formatInstant(BigInt(fromMs) * 1000n),
      until: formatInstant(BigInt(untilMs) * 1000n),
      asOf: asOfOf(view, [ALERTS.name, FRAUD_SIGNALS.name], PARTY_DAYS.name, "last_event_time"),
    };
  });
}

/** The newest summary of each card seen in the last 60 minutes. */
async function readSummaries(view: LakeView): Promise<Live["stolenCards"]> {
  const hourAgo = new Date(Date.now() - 60 * MINUTE_MS).toISOString();
  const summaries = await view.scan(STOLEN_CARD_SUMMARIES.name, { column: "summary_at", min: hourAgo });
  const rows = await view.rows(
    `SELECT * FROM ${summaries} WHERE summary_at >= $from::TIMESTAMPTZ
     QUALIFY row_number() OVER (PARTITION BY card_token ORDER BY summary_at DESC) = 1
      ORDER BY events DESC, last_seen DESC LIMIT ${SUMMARIES_MAX}`,
    { from: hourAgo },
  );
  return rows.map((row) => ({
    summaryAt: text(row, "summary_at"),
    windowStart: text(row, "window_start"),
    cardToken: text(row, "card_token"),
    cardLast4: textOrNull(row, "card_last4"),
    events: whole(row, "events"),
    sums: Sums.parse(JSON.parse(text(row, "sums"))).map((sum) =>
      MoneyValue.parse({ ...sum, amountMinor: BigInt(sum.amountMinor) }),
    ),
    firstSeen: text(row, "first_seen"),
    lastSeen: text(row, "last_seen"),
    merchants: Merchants.parse(JSON.parse(text(row, "merchants"))),
  }));
}

/** The blacklist: who, since when, by which rule or person, and what was taken off again. */
export async function readBlacklist(
  sources: FraudSources,
  query: BlacklistQuery,
  signal?: AbortSignal,
): Promise<BlacklistPage> {
  const { page, counts, asOf } = await sources.reader.read({ name: "fraud.blacklist", signal }, async (view) => {
    const [blacklist, removals] = await Promise.all([view.scan(BLACKLIST.name), view.scan(BLACKLIST_REMOVALS.name)]);
    const parts = ["true"];
    const parameters: Record<string, string | bigint> = {};
    if (query.search !== null && query.search !== "") {
      parts.push("contains(lower(party_id), $search)");
      parameters.search = query.search.toLowerCase();
    }
    if (query.rule !== null) {
      parts.push("rule = $rule");
      parameters.rule = query.rule;
    }
    if (query.role !== null) {
      parts.push("role = $role");
      parameters.role = query.role;
    }
    const entries = `SELECT *, epoch_us(added_at) AS added_us, party_id || chr(31) || role || chr(31) || rule AS entry
      FROM (${blacklistSql(blacklist, removals)}) WHERE ${parts.join(" AND ")}`;
    const state =
      query.state === "all" ? "true" : query.state === "active" ? "removed_at IS NULL" : "removed_at IS NOT NULL";
    const counted = await view.rows(
      `SELECT count(*) FILTER (removed_at IS NULL) AS active, count(*) FILTER (removed_at IS NOT NULL) AS removed
         FROM (${entries})`,
      parameters,
    );
    let after = "true";
    if (query.cursor !== null) {
      const [at = "0", entry = ""] = decodeCursor(query.cursor, 2);
      after = "(added_us, entry) < ($cursorAt, $cursorEntry)";
      parameters.cursorAt = /^-?\d{1,18}$/.test(at) ? BigInt(at) : 0n;
      parameters.cursorEntry = entry;
    }
    return {
      page: await view.rows(
        `SELECT * FROM (${entries}) WHERE ${state} AND ${after} ORDER BY added_us DESC, entry DESC LIMIT ${query.limit + 1}`,
        parameters,
      ),
      counts: counted[0],
      asOf: asOfOf(view, [BLACKLIST.name, BLACKLIST_REMOVALS.name], PARTY_DAYS.name, "last_event_time"),
    };
  });
  const shown = page.slice(0, query.limit);
  const last = shown.at(-1);
  const people = shown.flatMap((row) => [text(row, "added_by"), textOrNull(row, "removed_by") ?? ""]);
  const names = await namesOf(sources.database.db, people);
  const [active, removed] = counts === undefined ? [0, 0] : [whole(counts, "active"), whole(counts, "removed")];
  return {
    rows: shown.map((row) => blacklistRow(row, names)),
    nextCursor:
      page.length > query.limit && last !== undefined
        ? encodeCursor([big(last, "added_us"), text(last, "entry")])
        : null,
    total: query.state === "all" ? active + removed : query.state === "active" ? active : removed,
    active,
    removed,
    asOf,
  };
}

const LOOK_EVERY_MS = 250;
const IDS_TOLD_MAX = 100;

/** Tells of alerts committed after a version, until the signal; one entry per look that found some. */
export async function* followAlerts(
  reader: LakeReader,
  sinceVersion: number | null,
  signal: AbortSignal,
): AsyncGenerator<NewAlerts> {
  const table = reader.lake.table(ALERTS.name);
  let version = sinceVersion ?? (await table.refresh()).version;
  while (!signal.aborted) {
    const snapshot = (await reader.snapshots()).get(ALERTS.name);
    if (snapshot !== undefined && snapshot.version > version) {
      const changes = await table.changesSince(version);
      const until = changes.at(-1)?.version;
      if (until !== undefined) yield await tellOf(reader, changes, until, signal);
      version = Math.max(until ?? version, snapshot.version);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function tellOf(
  reader: LakeReader,
  changes: readonly Change[],
  version: number,
  signal: AbortSignal,
): Promise<NewAlerts> {
  return reader.read({ name: "fraud.onAlert", signal }, async (view) => {
    const scan = await view.scanFiles(
      ALERTS.name,
      changes.flatMap(({ files }) => files),
    );
    const groups = await view.rows(`SELECT rule, severity, count(*) AS alerts FROM ${scan} GROUP BY ALL`);
    const ids = await view.rows(
      `SELECT alert_id FROM ${scan} ORDER BY detected_at DESC, alert_id LIMIT ${IDS_TOLD_MAX}`,
    );
    const byRule: Record<string, number> = {};
    const bySeverity: Record<string, number> = {};
    let count = 0;
    for (const row of groups) {
      const [rule, severity, alerts] = [text(row, "rule"), text(row, "severity"), whole(row, "alerts")];
      byRule[rule] = (byRule[rule] ?? 0) + alerts;
      bySeverity[severity] = (bySeverity[severity] ?? 0) + alerts;
      count += alerts;
    }
    const at = InstantText.parse(formatInstant(BigInt(Date.now()) * 1000n));
    return { version, count, alertIds: ids.map((row) => text(row, "alert_id")), byRule, bySeverity, at };
  });
}
