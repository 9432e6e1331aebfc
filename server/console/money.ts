import { formatInstant } from "../domain/time";
import { pruneFiles } from "../lake/scan";
import { TRANSACTIONS } from "../pipeline/tables";
import type { LakeReader, LakeView } from "../query/reader";
import { big, text, whole } from "../query/values";
import type { Overview } from "./contract";

/** A day's money, and the instant it was read at: it may be some seconds older than what stands beside it. */
export interface MoneyOfDay {
  readonly money: Overview["money"];
  readonly readAt: string;
}

interface Entry extends MoneyOfDay {
  /** The files it was read from: while the day's files are these, it is as it stands now. */
  readonly paths: string;
  readonly readAtMs: number;
  readonly tookMs: number;
}

const DAYS_KEPT = 40;
/** A day in motion is read again no more often than this, and than a twentieth of the time that takes. */
const AGAIN_AFTER_MS = 2_000;
const REST_PER_WORK = 20;
/** Older than this it is not shown, but waited for. */
const SHOWN_MAX_MS = 60_000;

interface Days {
  readonly entries: Map<string, Entry>;
  readonly reading: Map<string, Promise<Entry>>;
}

const days = new WeakMap<LakeReader, Days>();

/**
 * In, out and in flight per currency on a business date. It has to look at every payment of the day, so a day that nobody
 * writes to is read once, and one in motion every few seconds at most, beside the answers: each says when it was read.
 */
export async function moneyOfDay(reader: LakeReader, view: LakeView, businessDate: string): Promise<MoneyOfDay> {
  const { entries, reading } = days.get(reader) ?? { entries: new Map(), reading: new Map() };
  days.set(reader, { entries, reading });
  const readNow = async (now: LakeView): Promise<Entry> => {
    const startedMs = performance.now();
    const paths = pathsOf(now, businessDate);
    const money = await readMoney(now, businessDate);
    const readAtMs = Date.now();
    const readAt = formatInstant(BigInt(readAtMs) * 1000n);
    const entry = { money, readAt, paths, readAtMs, tookMs: performance.now() - startedMs };
    entries.delete(businessDate);
    entries.set(businessDate, entry);
    const [oldest] = entries.keys();
    if (oldest !== undefined && entries.size > DAYS_KEPT) entries.delete(oldest);
    return entry;
  };
  const once = (work: () => Promise<Entry>): Promise<Entry> => {
    const known = reading.get(businessDate);
    if (known !== undefined) return known;
    const begun = work().finally(() => reading.delete(businessDate));
    reading.set(businessDate, begun);
    return begun;
  };
  const entry = entries.get(businessDate);
  const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : Date.now() - entry.readAtMs;
  if (entry === undefined || ageMs > SHOWN_MAX_MS) {
    return entry?.paths === pathsOf(view, businessDate) ? entry : readNow(view);
  }
  const due = ageMs >= Math.max(AGAIN_AFTER_MS, entry.tookMs * REST_PER_WORK);
  if (due && entry.paths !== pathsOf(view, businessDate)) {
    // A failure is told by the next answer that has to wait for the day.
    once(() => reader.read({ name: "overview.money" }, readNow)).catch(() => undefined);
  }
  return entry;
}

const pathsOf = (view: LakeView, businessDate: string): string =>
  pruneFiles(view.snapshot(TRANSACTIONS.name).files, "business_date", businessDate, businessDate)
    .map(({ path }) => path)
    .join("\n");

/** In, out and in flight per currency: a payment in flight counts once, at its newest step of the day. */
async function readMoney(view: LakeView, businessDate: string): Promise<Overview["money"]> {
  const scan = await view.scan(TRANSACTIONS.name, { column: "business_date", min: businessDate, max: businessDate });
  const rows = await view.rows(
    `WITH day AS NOT MATERIALIZED (
       SELECT source, transaction_id, status, currency, exponent, amount_minor, event_time, source_offset FROM ${scan}
        WHERE business_date = $day::DATE AND amount_minor IS NOT NULL AND currency IS NOT NULL AND exponent IS NOT NULL),
     newest AS (
       SELECT currency, exponent, arg_max(amount_minor, (event_time, source_offset)) AS amount_minor,
              arg_max(status, (event_time, source_offset)) AS status
         FROM day GROUP BY source, transaction_id, currency, exponent),
     flight AS (
       SELECT currency, exponent, sum(amount_minor) AS in_flight, count(*) AS payments FROM newest
        WHERE status IN ('RECEIVED', 'PENDING', 'APPROVED') GROUP BY ALL),
     moved AS (
       SELECT currency, exponent, coalesce(sum(amount_minor) FILTER (status = 'SETTLED'), 0) AS money_in,
              coalesce(sum(abs(amount_minor)) FILTER (status IN ('REFUNDED', 'RETURNED', 'CHARGEBACK')), 0) AS money_out,
              count(*) FILTER (status = 'SETTLED') AS payments_in,
              count(*) FILTER (status IN ('REFUNDED', 'RETURNED', 'CHARGEBACK')) AS payments_out
         FROM day GROUP BY ALL)
     SELECT m.currency, m.exponent, m.money_in::BIGINT AS money_in, m.money_out::BIGINT AS money_out,
            coalesce(f.in_flight, 0)::BIGINT AS in_flight, m.payments_in, m.payments_out, coalesce(f.payments, 0) AS payments_in_flight
       FROM moved m LEFT JOIN flight f ON f.currency = m.currency AND f.exponent = m.exponent
      ORDER BY m.payments_in DESC, m.currency LIMIT 200`,
    { day: businessDate },
  );
  return rows.map((row) => ({
    currency: text(row, "currency"),
    exponent: whole(row, "exponent"),
    inMinor: big(row, "money_in"),
    outMinor: big(row, "money_out"),
    inFlightMinor: big(row, "in_flight"),
    paymentsIn: whole(row, "payments_in"),
    paymentsOut: whole(row, "payments_out"),
    paymentsInFlight: whole(row, "payments_in_flight"),
  }));
}
