import { describe, expect, it } from "vitest";
import { formatInstant } from "../../domain/time";
import { readFileOf, verdict } from "../testing/read";
import { ADYEN, STRIPE } from "../testing/samples";

const shuffled = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) =>
      [...line.matchAll(/("[^"]*"|[^,]*)(?:,|$)/g)]
        .map((match) => match[1])
        .slice(0, line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).length)
        .reverse()
        .join(","),
    )
    .join("\n")
    .concat("\n");

describe("Stripe itemised payout reconciliation", () => {
  it("reads gross, fee and net, groups by payout, and ties the lines to the payout's own row", async () => {
    const file = await readFileOf(STRIPE);
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]).toMatchObject({
      signedMinor: 9_825n,
      gross: { amountMinor: 10_000n },
      charges: [{ amountMinor: 175n, type: "fee", included: true }],
      batchId: "po_1",
      valueDate: "2026-11-20",
      code: "charge",
      remittance: "Order 1, two items",
      references: { transactionId: "txn_1", pspReference: "ch_1", instructionId: "pi_1", customerReference: "O-1" },
    });
    expect(file.entries[1]?.instructed).toEqual({ decimal: "58.20", currency: "USD" });
    expect(file.entries[2]).toMatchObject({ reversal: true, signedMinor: -2_000n });
    expect(file.entries[5]).toMatchObject({ batchId: null, code: "dispute_reversal" });
    expect(file.totals[0]?.controls).toEqual([{ kind: "payout_totals", value: "1" }]);
  });

  it("takes times in the source's zone and calls the account what the source says", async () => {
    const file = await readFileOf(STRIPE, { zone: "America/New_York", account: "acct_1" });
    expect(formatInstant(file.entries[0]?.bookedAt ?? 0n)).toBe("2026-11-18T14:00:00.000000Z");
    expect(file.openings[0]?.account).toBe("acct_1");
  });

  const rows = STRIPE.trimEnd().split("\n");
  it.each([
    ["row_not_balanced", STRIPE.replace("1.75,98.25", "1.74,98.25")],
    ["payout_total_mismatch", `${rows.filter((row) => !row.startsWith("txn_2")).join("\n")}\n`],
    ["payout_total_mismatch", STRIPE.replace("-125.00,0.00,-125.00", "-125.01,0.00,-125.01")],
    ["truncated_file", STRIPE.trimEnd()],
    ["bad_line", STRIPE.slice(0, -12)],
    ["bad_structure", STRIPE.replace("reporting_category", "category")],
    ["entry_currency_mismatch", STRIPE.replace(",eur,50.00,1.00,49.00,", ",usd,50.00,1.00,49.00,")],
    ["missing_date", STRIPE.replace("2026-11-18 09:00:00", "")],
    ["bad_field", STRIPE.replace("-2.25,fee,", "-2.25,,")],
    ["unknown_currency", STRIPE.replace(",eur,15.00", ",eux,15.00")],
    ["amount_not_exact", STRIPE.replace("15.00,0.00,15.00", "15.005,0.00,15.005")],
    ["missing_amount", STRIPE.replace("15.00,0.00,15.00", "15.00,,15.00")],
    ["bad_date", STRIPE.replace("2026-11-18 09:00:00", "18/11/2026")],
  ])("refuses with %s", async (code, text) => {
    expect(verdict(await readFileOf(text))).toBe(code);
  });

  it("takes a payout none of whose lines are in the file, and says that nothing was tied", async () => {
    const file = await readFileOf(`${[rows[0], rows[5]].join("\n")}\n`);
    expect(file.outcome.ok && file.outcome.file.statementsUncontrolled).toBe(1);
  });

  it("needs no last line ending where payouts show that the file is whole", async () => {
    expect(verdict(await readFileOf(rows.slice(0, 6).join("\n")))).toBe("ok");
  });
});

describe("Adyen settlement details", () => {
  it("reads rows with fees, two currencies and rows without a PSP reference, a batch with its payout making nothing", async () => {
    const file = await readFileOf(ADYEN);
    expect(verdict(file)).toBe("ok");
    expect(file.openings[0]).toMatchObject({
      account: "ACME_EU",
      accountName: "ACME",
      sequence: "77",
      currency: "EUR",
    });
    const [settled, foreign, refund, fee, payout] = file.entries;
    expect(settled).toMatchObject({
      signedMinor: 9_840n,
      gross: { amountMinor: 10_000n, currency: "EUR" },
      batchId: "77",
      references: { pspReference: "PSP1", customerReference: "O-1", transactionId: "MOD1" },
    });
    expect(settled?.charges.map(({ type, amountMinor }) => [type, amountMinor])).toEqual([
      ["Markup", 30n],
      ["Scheme Fees", 50n],
      ["Interchange", 80n],
    ]);
    expect(foreign).toMatchObject({
      gross: { amountMinor: 5_000n, currency: "USD" },
      exchangeRate: "0.92",
      signedMinor: 4_500n,
    });
    expect(refund).toMatchObject({ reversal: true, signedMinor: -1_010n });
    expect(fee).toMatchObject({ code: "Fee", references: { pspReference: null } });
    expect(payout).toMatchObject({ code: "MerchantPayout", signedMinor: -13_000n });
    expect(file.totals[0]?.controls.map((control) => control.kind)).toEqual(["payout_total"]);
  });

  it("tells apart the hour that comes twice by the zone written beside it", async () => {
    const { entries } = await readFileOf(ADYEN);
    expect(entries.slice(0, 2).map((entry) => formatInstant(entry.bookedAt ?? 0n))).toEqual([
      "2026-10-25T00:30:00.000000Z",
      "2026-10-25T01:30:00.000000Z",
    ]);
  });

  it("finds columns by name, in whatever order they stand", async () => {
    const file = await readFileOf(shuffled(ADYEN));
    expect(verdict(file)).toBe("ok");
    expect(file.entries.map((entry) => entry.signedMinor)).toEqual([9_840n, 4_500n, -1_010n, -330n, -13_000n]);
  });

  it.each([
    ["payout_total_mismatch", ADYEN.replace(",3.30,", ",3.31,")],
    ["row_not_balanced", ADYEN.replace("0.30,0.50,0.80", "0.30,0.50,0.81")],
    ["bad_zone", ADYEN.replace(",CEST,", ",XYZ,")],
    ["bad_line", ADYEN.replace("PSP2,", "PSP2,,")],
    ["missing_account", ADYEN.replace("ACME,ACME_EU,PSP2", "ACME,,PSP2")],
    ["bad_field", ADYEN.replace(",Settled,", ",,")],
    ["bad_field", ADYEN.replace("mcdebit,,77", "mcdebit,,")],
    ["missing_date", ADYEN.replace("visa,2026-10-25 02:30:00", "visa,")],
    ["bad_date", ADYEN.replace("visa,2026-10-25 02:30:00", "visa,25/10/2026")],
    ["unknown_currency", ADYEN.replace(",1,EUR,", ",1,EUX,")],
    ["missing_amount", ADYEN.replace(",98.40,", ",,")],
    ["bad_structure", ADYEN.replace("Batch Number", "Batch")],
  ])("refuses with %s", async (code, text) => {
    expect(verdict(await readFileOf(text, { format: "adyen" }))).toBe(code);
  });
});
