import { describe, expect, it } from "vitest";
import { type BusinessDate, formatInstant } from "../time";
import { dueTable } from "./due-table";
import { expectedBy } from "./expected";
import { businessDays } from "./rail";
import { RAILS } from "./rails";

const d = (date: string) => date as BusinessDate;

describe("the due table", () => {
  it("has a row per cut-off of a business day", () => {
    const rows = dueTable({ rail: RAILS.fedwire }, d("2026-11-20"), d("2026-11-24"));
    expect(
      rows.map((row) => [formatInstant(row.from).slice(0, 16), formatInstant(row.until).slice(0, 16), row.date]),
    ).toEqual([
      ["2026-11-20T05:00", "2026-11-20T23:45", "2026-11-20"],
      ["2026-11-20T23:45", "2026-11-23T23:45", "2026-11-23"],
      ["2026-11-23T23:45", "2026-11-24T23:45", "2026-11-24"],
      ["2026-11-24T23:45", "2026-11-25T05:00", "2026-11-25"],
    ]);
  });

  it.each(Object.entries(RAILS))(
    "%s: rows follow each other without gap, and each instant's row says what expectedBy says, about changes of clocks and terms",
    (_, rail) => {
      const statement = businessDays(1, "prior-day statement");
      const ranges: [string, string][] = [
        ["2026-03-01", "2026-04-10"],
        ["2026-10-20", "2026-11-30"],
        ["2021-03-01", "2021-03-25"],
        ["2016-06-10", "2016-09-30"],
        ["2011-12-20", "2012-01-10"],
      ];
      const wrong: string[] = [];
      for (const [first, last] of ranges) {
        const rows = dueTable({ rail, statement }, d(first), d(last));
        for (const [index, row] of rows.entries()) {
          const next = rows[index + 1];
          if (next !== undefined && next.from !== row.until) wrong.push(`gap at ${formatInstant(row.until)}`);
          const inside = [row.from, row.until - 1n, row.from + (row.until - row.from) / 2n];
          for (let at = row.from; at < row.until; at += 5n * 3_600_000_000n + 420_000_000n) inside.push(at);
          for (const accepted of inside) {
            const { acceptedOn, date, overdueFrom } = expectedBy({ rail, statement, accepted });
            const same = acceptedOn === row.acceptedOn && date === row.date && overdueFrom === row.overdueFrom;
            if (!same) wrong.push(formatInstant(accepted));
          }
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it("refuses a range that ends before it starts", () => {
    expect(() => dueTable({ rail: RAILS.fedwire }, d("2026-11-20"), d("2026-11-18"))).toThrow(
      expect.objectContaining({ code: "bad_date_range" }),
    );
  });
});
