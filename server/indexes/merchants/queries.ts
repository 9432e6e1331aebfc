import type { DuckDBValue } from "@duckdb/node-api";
import type { AuthorizedScope } from "../../auth/scope";
import { ConcordanceError } from "../../domain/errors";
import { TRANSACTIONS } from "../../pipeline/tables";
import { readerAt } from "../../query/past";
import { asOfOf, type LakeReader, type LakeView } from "../../query/reader";
import { bigOrNull, moneyOf, type Row, realOrNull, text, textOrNull, whole, wholeOrNull } from "../../query/values";
import type { MerchantDetail, MerchantFigures, MerchantQuery, MerchantsPage, MerchantsQuery } from "./contract";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "./tables";

const DIM_MERCHANTS = "dim_merchants";
const ALERTS = "alerts";
const LIST_TABLES = [MERCHANTS_PARTIAL.name, MERCHANT_CUSTOMERS.name, DIM_MERCHANTS];
const CUSTOMERS_SHOWN = 50;
const ALERTS_SHOWN = 50;
const DAYS_MAX = 400;

const COUNTS = [
  "events",
  "received",
  "pending",
  "approved",
  "declined",
  "settled",
  "failed",
  "returned",
  "refunded",
  "chargebacks",
  "denied",
] as const;

/** Increments summed, then what follows from the sums. Sums of nothing stay null: no amounts is not zero. */
const figuresSql = (source: string, keys: string): string => `
  WITH summed AS (
    SELECT ${keys}, ${COUNTS.map((name) => `sum(${name})::BIGINT AS ${name}`).join(", ")},
           ${["gross", "refunded", "returned", "chargeback"].map((name) => `sum(${name}_minor)::BIGINT AS ${name}_minor`).join(", ")},
           max(last_event_time) AS last_event_time
      FROM ${source} GROUP BY ${keys})
  SELECT *,
    CASE WHEN coalesce(gross_minor, refunded_minor, returned_minor, chargeback_minor) IS NULL THEN NULL
         ELSE coalesce(gross_minor, 0) - coalesce(refunded_minor, 0) - coalesce(returned_minor, 0) - coalesce(chargeback_minor, 0)
    END AS net_minor,
    CASE WHEN settled > 0 AND gross_minor IS NOT NULL
         THEN ((2 * gross_minor::HUGEINT + settled) // (2 * settled))::BIGINT END AS average_minor,
    CASE WHEN approved + declined > 0 THEN approved / (approved + declined) END AS approval_rate,
    CASE WHEN settled > 0 THEN refunded / settled END AS refund_rate,
    CASE WHEN settled > 0 THEN chargebacks / settled END AS chargeback_rate
  FROM summed`;

const figuresOf = (row: Row): MerchantFigures => ({
  currency: textOrNull(row, "currency"),
  exponent: wholeOrNull(row, "exponent"),
  events: whole(row, "events"),
  received: whole(row, "received"),
  pending: whole(row, "pending"),
  approved: whole(row, "approved"),
  declined: whole(row, "declined"),
  settled: whole(row, "settled"),
  failed: whole(row, "failed"),
  returned: whole(row, "returned"),
  refunded: whole(row, "refunded"),
  chargebacks: whole(row, "chargebacks"),
  denied: whole(row, "denied"),
  grossMinor: bigOrNull(row, "gross_minor"),
  refundedMinor: bigOrNull(row, "refunded_minor"),
  returnedMinor: bigOrNull(row, "returned_minor"),
  chargebackMinor: bigOrNull(row, "chargeback_minor"),
  netMinor: bigOrNull(row, "net_minor"),
  averageTicketMinor: bigOrNull(row, "average_minor"),
  approvalRate: realOrNull(row, "approval_rate"),
  refundRate: realOrNull(row, "refund_rate"),
  chargebackRate: realOrNull(row, "chargeback_rate"),
  customers: whole(row, "customers"),
  lastEventTime: text(row, "last_event_time"),
});

const SORTS: Readonly<Record<MerchantsQuery["sort"], string>> = {
  gross: "gross_minor",
  net: "net_minor",
  events: "events",
  settled: "settled",
  averageTicket: "average_minor",
  approvalRate: "approval_rate",
  refundRate: "refund_rate",
  chargebackRate: "chargeback_rate",
  customers: "customers",
  denied: "denied",
  merchantId: "merchant_id",
};

function expectPeriod({ from, to }: { from: string; to: string }): void {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (days >= 0 && days <= DAYS_MAX) return;
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_period",
    message: `The period ${from} to ${to} is not one of 1 to ${DAYS_MAX} days.`,
    remedy: "Choose another period.",
  });
}

const period = ({ from, to }: { from: string; to: string }) => ({ column: "business_date", min: from, max: to });
const IN_PERIOD = "business_date BETWEEN $from::DATE AND $to::DATE";

/** Merchants of a period, one row per merchant and currency: currencies are never summed. */
export async function readMerchants(
  reader: LakeReader,
  query: MerchantsQuery,
  signal?: AbortSignal,
): Promise<MerchantsPage> {
  expectPeriod(query);
  const then = await readerAt(reader, LIST_TABLES, query.at);
  return then.read({ name: "merchants.list", signal }, async (view) => {
    const parameters: Record<string, DuckDBValue> = { from: query.from, to: query.to };
    const filters = ["true"];
    if (query.currency !== null) {
      filters.push("f.currency = $currency");
      parameters.currency = query.currency;
    }
    if (query.search !== null && query.search !== "") {
      filters.push("(contains(lower(f.merchant_id), $search) OR contains(lower(coalesce(d.name, '')), $search))");
      parameters.search = query.search.toLowerCase();
    }
    await stageMerchants(view, query, filters.join(" AND "), parameters);
    const order = `${SORTS[query.sort]} ${query.direction === "desc" ? "DESC" : "ASC"} NULLS LAST`;
    const rows = await view.rows(
      `SELECT * FROM staged_merchants ORDER BY ${order}, merchant_id, currency, exponent
        LIMIT ${query.pageSize} OFFSET ${query.page * query.pageSize}`,
    );
    const totals = await view.rows(
      `SELECT currency, exponent, count(DISTINCT merchant_id) AS merchants, sum(events)::BIGINT AS events,
              sum(settled)::BIGINT AS settled, sum(gross_minor)::BIGINT AS gross_minor, sum(net_minor)::BIGINT AS net_minor
         FROM staged_merchants GROUP BY currency, exponent ORDER BY events DESC`,
    );
    const [counted] = await view.rows(
      "SELECT count(*) AS total, count(DISTINCT merchant_id) AS merchants FROM staged_merchants",
    );
    return {
      rows: rows.map((row) => ({
        ...figuresOf(row),
        merchantId: text(row, "merchant_id"),
        name: textOrNull(row, "name"),
        riskLevel: textOrNull(row, "risk_level"),
        mcc: textOrNull(row, "mcc"),
        country: textOrNull(row, "country"),
      })),
      total: counted === undefined ? 0 : whole(counted, "total"),
      merchants: counted === undefined ? 0 : whole(counted, "merchants"),
      totals: totals.map((row) => ({
        currency: textOrNull(row, "currency"),
        exponent: wholeOrNull(row, "exponent"),
        merchants: whole(row, "merchants"),
        events: whole(row, "events"),
        settled: whole(row, "settled"),
        grossMinor: bigOrNull(row, "gross_minor"),
        netMinor: bigOrNull(row, "net_minor"),
      })),
      available: availableOf(view),
      partial: true,
      asOf: asOfOf(view, [MERCHANTS_PARTIAL.name, MERCHANT_CUSTOMERS.name], MERCHANTS_PARTIAL.name, "last_event_time"),
    };
  });
}

/** The rows under the filter, once for the page, the totals and the count. */
async function stageMerchants(
  view: LakeView,
  query: { from: string; to: string },
  filter: string,
  parameters: Record<string, DuckDBValue>,
): Promise<void> {
  const partial = await view.scan(MERCHANTS_PARTIAL.name, period(query));
  const customers = await view.scan(MERCHANT_CUSTOMERS.name, period(query));
  await view.rows(
    `CREATE OR REPLACE TEMP TABLE staged_merchants AS
     SELECT f.*, coalesce(c.customers, 0) AS customers, d.name, d.risk_level, d.mcc, d.country
       FROM (${figuresSql(`(SELECT * FROM ${partial} WHERE ${IN_PERIOD})`, "merchant_id, currency, exponent")}) f
       LEFT JOIN (SELECT merchant_id, currency, count(DISTINCT user_id) AS customers
                    FROM ${customers} WHERE ${IN_PERIOD} GROUP BY ALL) c
         ON c.merchant_id = f.merchant_id AND c.currency IS NOT DISTINCT FROM f.currency
       LEFT JOIN ${await view.scan(DIM_MERCHANTS)} d ON d.merchant_id = f.merchant_id
      WHERE ${filter}`,
    parameters,
  );
}

/** First and last business date by the files' statistics. */
function availableOf(view: LakeView): MerchantsPage["available"] {
  let [from, to]: [string | null, string | null] = [null, null];
  for (const { stats } of view.snapshot(MERCHANTS_PARTIAL.name).files) {
    const [low, high] = [stats.minValues.business_date, stats.maxValues.business_date];
    if (typeof low === "string" && (from === null || low < from)) from = low;
    if (typeof high === "string" && (to === null || high > to)) to = high;
  }
  return from === null || to === null ? null : { from, to };
}

/** One merchant over a period. Throws `no_such_merchant` where neither events nor reference data know it. */
export async function readMerchant(
  reader: LakeReader,
  scope: AuthorizedScope,
  query: MerchantQuery,
  signal?: AbortSignal,
): Promise<MerchantDetail> {
  expectPeriod(query);
  const then = await readerAt(reader, [...LIST_TABLES, TRANSACTIONS.name, ALERTS], query.at);
  return then.read({ name: "merchants.get", signal }, async (view) => {
    const profile = await readProfile(view, query.merchantId);
    const totals = await readFigures(view, query, false);
    const days = await readFigures(view, query, true);
    if (profile === null && totals.length === 0 && !(await isKnown(view, query.merchantId))) {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_merchant",
        message: `There is no merchant ${query.merchantId}.`,
        remedy: "Look it up in the list of merchants.",
      });
    }
    return {
      merchantId: query.merchantId,
      profile,
      totals: totals.map(figuresOf),
      days: days.map((row) => ({ ...figuresOf(row), businessDate: text(row, "business_date") })),
      declineCodes: await readDeclineCodes(view, query),
      customers: await readCustomers(view, query),
      alerts: scope.mayRead("fraud") ? await readAlertsOf(view, query.merchantId) : null,
      partial: true,
      asOf: asOfOf(view, [MERCHANTS_PARTIAL.name, TRANSACTIONS.name], MERCHANTS_PARTIAL.name, "last_event_time"),
    };
  });
}

async function isKnown(view: LakeView, merchantId: string): Promise<boolean> {
  const partial = await view.scan(MERCHANTS_PARTIAL.name, { column: "merchant_id", min: merchantId, max: merchantId });
  const rows = await view.rows(`SELECT 1 AS one FROM ${partial} WHERE merchant_id = $id LIMIT 1`, { id: merchantId });
  return rows.length > 0;
}

async function readProfile(view: LakeView, merchantId: string): Promise<MerchantDetail["profile"]> {
  const [row] = await view.rows(`SELECT * FROM ${await view.scan(DIM_MERCHANTS)} WHERE merchant_id = $id LIMIT 1`, {
    id: merchantId,
  });
  if (row === undefined) return null;
  return {
    name: text(row, "name"),
    riskLevel: textOrNull(row, "risk_level"),
    mcc: textOrNull(row, "mcc"),
    onboardedOn: textOrNull(row, "onboarded_on"),
    country: textOrNull(row, "country"),
    payoutDelayDays: wholeOrNull(row, "payout_delay_days"),
    payoutCutoff: textOrNull(row, "payout_cutoff"),
    payoutZone: textOrNull(row, "payout_zone"),
    feePlan: textOrNull(row, "fee_plan"),
    reservePercent: realOrNull(row, "reserve_percent"),
    payoutHold: row.payout_hold === null ? null : row.payout_hold === true,
  };
}

async function readFigures(view: LakeView, query: MerchantQuery, perDay: boolean): Promise<Row[]> {
  const day = perDay ? "business_date, " : "";
  const partial = await view.scan(MERCHANTS_PARTIAL.name, period(query));
  const customers = await view.scan(MERCHANT_CUSTOMERS.name, period(query));
  const mine = `merchant_id = $id AND ${IN_PERIOD}`;
  return view.rows(
    `SELECT f.*, coalesce(c.customers, 0) AS customers
       FROM (${figuresSql(`(SELECT * FROM ${partial} WHERE ${mine})`, `${day}currency, exponent`)}) f
       LEFT JOIN (SELECT ${day}currency, count(DISTINCT user_id) AS customers FROM ${customers} WHERE ${mine} GROUP BY ALL) c
         ON c.currency IS NOT DISTINCT FROM f.currency ${perDay ? "AND c.business_date = f.business_date" : ""}
      ORDER BY ${perDay ? "f.business_date, " : ""}f.events DESC, f.currency`,
    { id: query.merchantId, from: query.from, to: query.to },
  );
}

async function readDeclineCodes(view: LakeView, query: MerchantQuery): Promise<MerchantDetail["declineCodes"]> {
  const rows = await view.rows(
    `SELECT decline_code, count(*) AS declines, count(*) / sum(count(*)) OVER () AS share
       FROM ${await view.scan(TRANSACTIONS.name, period(query))}
      WHERE merchant_id = $id AND status = 'DECLINED' AND ${IN_PERIOD}
      GROUP BY decline_code ORDER BY declines DESC, decline_code LIMIT 50`,
    { id: query.merchantId, from: query.from, to: query.to },
  );
  return rows.map((row) => ({
    code: textOrNull(row, "decline_code"),
    declines: whole(row, "declines"),
    share: realOrNull(row, "share") ?? 0,
  }));
}

async function readCustomers(view: LakeView, query: MerchantQuery): Promise<MerchantDetail["customers"]> {
  const rows = await view.rows(
    `WITH mine AS (
       SELECT * FROM ${await view.scan(TRANSACTIONS.name, period(query))} WHERE merchant_id = $id AND ${IN_PERIOD}),
     top AS (
       SELECT user_id, count(DISTINCT transaction_id) AS payments, count(*) FILTER (status = 'DECLINED') AS declined,
              max(event_time) AS last_event_time
         FROM mine GROUP BY user_id ORDER BY payments DESC, user_id LIMIT ${CUSTOMERS_SHOWN})
     SELECT t.user_id, t.payments, t.declined, t.last_event_time, s.currency, s.exponent, s.amount_minor
       FROM top t LEFT JOIN (
         SELECT user_id, currency, exponent, sum(amount_minor)::BIGINT AS amount_minor FROM mine
          WHERE status = 'SETTLED' AND amount_minor IS NOT NULL GROUP BY ALL) s ON s.user_id = t.user_id
      ORDER BY t.payments DESC, t.user_id, s.currency`,
    { id: query.merchantId, from: query.from, to: query.to },
  );
  const customers = new Map<string, MerchantDetail["customers"][number]>();
  for (const row of rows) {
    const userId = text(row, "user_id");
    const known = customers.get(userId) ?? {
      userId,
      payments: whole(row, "payments"),
      settled: [],
      declined: whole(row, "declined"),
      lastEventTime: text(row, "last_event_time"),
    };
    const money = moneyOf(row);
    customers.set(userId, { ...known, settled: money === null ? known.settled : [...known.settled, money] });
  }
  return [...customers.values()];
}

async function readAlertsOf(view: LakeView, merchantId: string): Promise<NonNullable<MerchantDetail["alerts"]>> {
  const rows = await view.rows(
    `SELECT alert_id, rule, severity, entity_type, entity_id, transaction_id, amount_minor, currency, exponent, detected_at
       FROM ${await view.scan(ALERTS)} WHERE merchant_id = $id ORDER BY detected_at DESC, alert_id LIMIT ${ALERTS_SHOWN}`,
    { id: merchantId },
  );
  return rows.map((row) => ({
    alertId: text(row, "alert_id"),
    rule: text(row, "rule"),
    severity: text(row, "severity"),
    entityType: text(row, "entity_type"),
    entityId: text(row, "entity_id"),
    transactionId: textOrNull(row, "transaction_id"),
    amount: moneyOf(row),
    detectedAt: text(row, "detected_at"),
  }));
}
