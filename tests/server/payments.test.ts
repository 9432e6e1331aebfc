import { afterAll, beforeAll, expect, it } from "vitest";
import { MONEY_FLOWS, type PaymentRow } from "../../server/console/payments-contract";
import { openTestConsole, type TestConsole } from "../setup/console";

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(6_000);
}, 120_000);
afterAll(() => console.close());

type Query = Parameters<ReturnType<TestConsole["as"]>["overview"]["payments"]>[0];

async function everyRow(query: Omit<Query, "cursor" | "limit">): Promise<PaymentRow[]> {
  const rows: PaymentRow[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { rows: PaymentRow[]; nextCursor: string | null } = await console
      .as("finance")
      .overview.payments({ ...query, cursor: cursor ?? null, limit: 7 });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return rows;
}

it("behind every amount of the overview are exactly the payments it is the sum of, each once over all pages", async () => {
  const { money, businessDate } = await console.as("finance").overview.get({});
  if (businessDate === null) throw new Error("the world has no business date");
  expect(money.length).toBeGreaterThan(1);
  let flows = 0;
  for (const line of money.slice(0, 3)) {
    const told = {
      in: [line.inMinor, line.paymentsIn],
      out: [line.outMinor, line.paymentsOut],
      in_flight: [line.inFlightMinor, line.paymentsInFlight],
    } as const;
    for (const flow of MONEY_FLOWS) {
      const query = { businessDate, currency: line.currency, flow };
      const rows = await everyRow(query);
      const page = await console.as("finance").overview.payments(query);
      const [amountMinor, count] = told[flow];
      expect([flow, rows.reduce((sum, row) => sum + row.amount.amountMinor, 0n)]).toEqual([flow, amountMinor]);
      expect([flow, rows.length, page.total]).toEqual([flow, count, count]);
      expect(page.sums.reduce((sum, part) => sum + part.amountMinor, 0n)).toBe(amountMinor);
      const places = rows.map(({ coordinates: c }) => `${c.source}/${c.partition}/${c.offset}`);
      expect(new Set(places).size).toBe(places.length);
      const times = rows.map(({ eventTime }) => eventTime);
      expect(times).toEqual(times.toSorted().reverse());
      flows += count > 7 ? 1 : 0;
    }
  }
  // Else no second page was read at all.
  expect(flows).toBeGreaterThan(0);
});

it("single payments are not for marketing, and a damaged cursor is refused", async () => {
  const query = { businessDate: "2026-01-05", currency: "EUR", flow: "in" } as const;
  await expect(console.as("marketing").overview.payments(query)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(console.as("ops").overview.payments({ ...query, cursor: "abc" })).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });
});
