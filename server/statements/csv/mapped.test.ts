import { describe, expect, it } from "vitest";
import { readFileOf, verdict } from "../testing/read";
import { CsvStatementMapping } from "./mapping";

const GERMAN = CsvStatementMapping.parse({
  delimiter: ";",
  charset: "latin1",
  skip: 2,
  account: "Konto",
  currency: { constant: "EUR" },
  booking_date: { from: "Buchung", format: "pattern", pattern: "dd.MM.yyyy", zone: "Europe/Berlin" },
  value_date: { from: "Valuta", format: "pattern", pattern: "dd.MM.yyyy" },
  amount: { signed: "Betrag" },
  decimal_mark: ",",
  group_mark: ".",
  balance_after: "Saldo",
  order: "newest_first",
  remittance: "Zweck",
  counterparty: { name: "Name" },
});
const german = (rows: string): Buffer =>
  Buffer.from(`Umsätze\nStand;20.11.2026\nKonto;Buchung;Valuta;Name;Zweck;Betrag;Saldo\n${rows}`, "latin1");
const GERMAN_ROWS = `123;20.11.2026;21.11.2026;Müller;"Miete; ""Nov""\nzweite Zeile";-1.000,50;1.234,50\n123;19.11.2026;19.11.2026;Ada;Lohn;2.000,00;2.235,00\n`;

const plain = (amount: unknown, more: object = {}) =>
  CsvStatementMapping.parse({
    account: "account",
    currency: "currency",
    booking_date: { from: "date", format: "iso" },
    amount,
    ...more,
  });

describe("CSV with a mapping", () => {
  it("reads a bank's export in Latin-1 with decimal comma, groups, quotes, newest first, its balances tied", async () => {
    const file = await readFileOf(german(GERMAN_ROWS), { mapping: GERMAN });
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]).toMatchObject({
      signedMinor: -100_050n,
      bookingDate: "2026-11-20",
      valueDate: "2026-11-21",
      counterparty: { name: "Müller" },
      remittance: 'Miete; "Nov" zweite Zeile',
    });
    expect(file.totals[0]).toMatchObject({ closing: { amountMinor: 123_450n }, creditMinor: 200_000n });
    expect(file.totals[0]?.controls.map((control) => control.kind)).toContain("running_balance");
  });

  it("opens a statement per account and currency, however they are mixed", async () => {
    const text =
      "account,currency,date,amount,balance\nA,EUR,2026-11-20,1.00,11.00\nB,USD,2026-11-20,2.00,2.00\nA,EUR,2026-11-20,-3.00,8.00\n";
    const file = await readFileOf(text, { mapping: plain({ signed: "amount" }, { balance_after: "balance" }) });
    expect(verdict(file)).toBe("ok");
    expect(file.openings.map(({ account, opening }) => [account, opening?.amountMinor])).toEqual([
      ["A", 1_000n],
      ["B", 0n],
    ]);
    expect(file.totals.map((totals) => totals.closing?.amountMinor)).toEqual([800n, 200n]);
  });

  it.each([
    [{ credit: "in", debit: "out" }, "in,out", ["5.00,", ",2.00", ",-1.00", "0.00,3.00"], [500n, -200n, -100n, -300n]],
    [{ signed: "a", positive: "debit" }, "a,x", ["5.00,", "-2.00,"], [-500n, 200n]],
    [
      { unsigned: "a", direction: { from: "d", map: { H: "credit", S: "debit" } } },
      "a,d",
      ["5.00,H", "2.00,S"],
      [500n, -200n],
    ],
  ])("reads amounts as %j", async (amount, header, cells, expected) => {
    const rows = cells.map((cell) => `A,EUR,2026-11-20,${cell}\n`).join("");
    const file = await readFileOf(`account,currency,date,${header}\n${rows}`, { mapping: plain(amount) });
    expect(verdict(file)).toBe("ok");
    expect(file.entries.map((entry) => entry.signedMinor)).toEqual(expected);
  });

  it("reads files without a header, minor units, own exponents, references and status", async () => {
    const mapping = plain(
      { signed: "amount" },
      {
        columns: ["account", "currency", "date", "amount", "ref", "state", "fee"],
        unit: "minor",
        exponents: { XBT: 8 },
        references: { end_to_end_id: "ref" },
        status: { from: "state", map: { P: "pending" }, default: "booked" },
        charge: "fee",
      },
    );
    const file = await readFileOf("W,XBT,2026-11-20T10:00:00Z,12345678,E-1,,12\nW,XBT,2026-11-20,1,,P,\n", { mapping });
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]).toMatchObject({
      amountMinor: 12_345_678n,
      exponent: 8,
      references: { endToEndId: "E-1" },
      charges: [{ amountMinor: 12n }],
    });
    expect(file.entries[0]?.bookedAt).not.toBeNull();
    expect(file.entries[1]?.status).toBe("pending");
  });

  const header = "account,currency,date,amount,balance\n";
  const balanced = { mapping: plain({ signed: "amount" }, { balance_after: "balance" }) };
  it.each([
    ["running_balance_mismatch", `${header}A,EUR,2026-11-20,1,1\nA,EUR,2026-11-20,1,3\n`],
    ["missing_amount", `${header}A,EUR,2026-11-20,1,1\nA,EUR,2026-11-20,,1\n`],
    ["missing_amount", `${header}A,EUR,2026-11-20,1,1\nA,EUR,2026-11-20,1,\n`],
    ["bad_amount", `${header}A,EUR,2026-11-20,"1,5",1\n`],
    ["amount_not_exact", `${header}A,EUR,2026-11-20,1.005,1\n`],
    ["missing_currency", `${header}A,,2026-11-20,1,1\n`],
    ["missing_account", `${header},EUR,2026-11-20,1,1\n`],
    ["missing_date", `${header}A,EUR,,1,1\n`],
    ["bad_date", `${header}A,EUR,20.11.2026,1,1\n`],
    ["bad_line", `${header}A,EUR,2026-11-20,1\n`],
    ["bad_line", `${header}A,EUR,2026-11-20,1,"1\n`],
    ["bad_structure", "account,date,amount\nA,2026-11-20,1\n"],
    ["bad_structure", "account,account,currency,date,amount,balance\n"],
    ["bad_structure", "account,currency,date,amount\n"],
    ["empty_file", "\n\n"],
    ["line_too_long", `${header}${"A".repeat(70_000)},EUR,2026-11-20,1,1\n`],
    ["too_complex", `${Array.from({ length: 1_001 }, (_, column) => `c${column}`).join(",")}\n`],
    ["no_statement", header],
    ["bad_characters", Buffer.from(`${header}Ä,EUR,2026-11-20,1,1\n`, "latin1")],
  ])("refuses with %s", async (code, text) => {
    expect(verdict(await readFileOf(text, balanced))).toBe(code);
  });

  const moving = "account,currency,date,in,out,kind,state\n";
  const columns = { credit: "in", debit: "out" };
  const kinds = { unsigned: "in", direction: "kind" };
  it.each([
    ["bad_field", columns, "A,EUR,2026-11-20,1,1,,\n"],
    ["missing_amount", columns, "A,EUR,2026-11-20,,,,\n"],
    ["negative_amount", columns, "A,EUR,2026-11-20,-1,,,\n"],
    ["negative_amount", kinds, "A,EUR,2026-11-20,-1,,credit,\n"],
    ["missing_direction", kinds, "A,EUR,2026-11-20,1,,H,\n"],
    ["bad_field", kinds, "A,EUR,2026-11-20,1,,credit,open\n"],
    ["bad_field", { unsigned: "in", direction: { from: "kind", map: { H: "credit" } } }, "A,EUR,2026-11-20,1,,S,\n"],
    ["bad_date", kinds, "A,EUR,2026-11-31,1,,credit,\n"],
    ["bad_structure", { signed: "none" }, "A,EUR,2026-11-20,1,,credit,\n"],
  ])("refuses with %s where amounts are %j", async (code, amount, row) => {
    const mapping = plain(amount, { status: "state" });
    expect(verdict(await readFileOf(`${moving}${row}`, { mapping }))).toBe(code);
  });

  it("opens no more accounts than its limit", async () => {
    const rows = Array.from({ length: 10_001 }, (_, row) => `A${row},EUR,2026-11-20,1\n`).join("");
    const file = await readFileOf(`account,currency,date,amount\n${rows}`, { mapping: plain({ signed: "amount" }) });
    expect(verdict(file)).toBe("too_complex");
  });

  it("refuses a date that is not of its pattern, and a day that does not exist", async () => {
    for (const text of ["20.11.26", "31.11.2026"]) {
      const bytes = german(GERMAN_ROWS.replace("20.11.2026", text));
      expect(verdict(await readFileOf(bytes, { mapping: GERMAN }))).toBe("bad_date");
    }
  });

  it("refuses a last line without line ending where no balance shows that it is whole", async () => {
    const text = "account,currency,date,amount\nA,EUR,2026-11-20,12.50";
    expect(verdict(await readFileOf(text, { mapping: plain({ signed: "amount" }) }))).toBe("truncated_file");
    expect(verdict(await readFileOf(text, { mapping: plain({ signed: "amount" }, { open_end: true }) }))).toBe("ok");
  });

  it.each([
    [{ amount: { signed: "a", credit: "b" } }],
    [{ booking_date: { from: "d", format: "pattern" } }],
    [{ booking_date: { from: "d", format: "iso", pattern: "d.M.yyyy" } }],
    [{ booking_date: { from: "d", format: "iso", zone: "Europe/Nowhere" } }],
    [{ decimal_mark: ",", group_mark: "," }],
    [{ unknown: 1 }],
  ])("refuses a mapping with %j", (change) => {
    const good = { account: "a", currency: "c", booking_date: { from: "d", format: "iso" }, amount: { signed: "a" } };
    expect(CsvStatementMapping.safeParse(good).success).toBe(true);
    expect(CsvStatementMapping.safeParse({ ...good, ...change }).success).toBe(false);
  });
});
