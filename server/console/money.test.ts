import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestConsole, type TestConsole } from "../../tests/setup/console";
import { until } from "../../tests/support/product";
import { moneyOfDay } from "./money";

let world: TestConsole;
beforeAll(async () => {
  world = await openTestConsole(3_000);
}, 120_000);
afterAll(async () => {
  await world?.close();
});

const read = (date: string) =>
  world.services.reader.read({ name: "test" }, (view) => moneyOfDay(world.services.reader, view, date));

async function busiestDate(): Promise<string> {
  const [row] = await world.sql(
    "SELECT business_date::VARCHAR AS day FROM transactions GROUP BY ALL ORDER BY count(*) DESC LIMIT 1",
  );
  return String(row?.day);
}

/** The same figures, another way: the newest step of each payment by a window. */
async function recount(date: string): Promise<unknown[]> {
  return world.sql(`
    WITH steps AS (
      SELECT *, row_number() OVER (PARTITION BY source, transaction_id, currency, exponent ORDER BY event_time DESC, source_offset DESC) AS place
        FROM transactions WHERE business_date = DATE '${date}' AND amount_minor IS NOT NULL AND currency IS NOT NULL)
    SELECT currency, (sum(amount_minor) FILTER (status = 'SETTLED'))::VARCHAR AS money_in,
           (count(*) FILTER (place = 1 AND status IN ('RECEIVED', 'PENDING', 'APPROVED')))::INTEGER AS flying,
           (coalesce(sum(amount_minor) FILTER (place = 1 AND status IN ('RECEIVED', 'PENDING', 'APPROVED')), 0))::VARCHAR AS in_flight
      FROM steps GROUP BY currency ORDER BY currency`);
}

describe("the money of a day", () => {
  it("is what the payments add up to, and says when it was read", async () => {
    const date = await busiestDate();
    const { money, readAt } = await read(date);
    const told = [...money]
      .sort((a, b) => (a.currency < b.currency ? -1 : 1))
      .map((line) => ({
        currency: line.currency,
        money_in: String(line.inMinor),
        flying: line.paymentsInFlight,
        in_flight: String(line.inFlightMinor),
      }));
    const expected = (await recount(date)) as { money_in: string | null }[];
    expect(told).toEqual(expected.map((row) => ({ ...row, money_in: row.money_in ?? "0" })));
    expect(told.length).toBeGreaterThan(1);
    expect(Date.now() - Date.parse(readAt)).toBeLessThan(60_000);
  });

  it("is read once while nobody writes to the day, and again after a write, beside the answers", async () => {
    const date = await busiestDate();
    const before = await read(date);
    expect(await read(date)).toBe(before);
    await world.more(500);
    // The write may have gone to other days only; the day's files decide.
    await until(async () => (await read(date)).readAt !== before.readAt);
    const after = await read(date);
    const payments = (day: typeof after) => day.money.reduce((sum, line) => sum + line.paymentsIn, 0);
    expect(payments(after)).toBeGreaterThan(payments(before));
  }, 60_000);
});
