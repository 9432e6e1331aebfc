import { describe, expect, it } from "vitest";
import { readFileOf, verdict } from "../testing/read";
import { BAI2 } from "../testing/samples";

/** A file of one account with these records between its header and trailer; its totals are right unless stated. */
function file(records: readonly string[], controlMinor: bigint, header = "03,1,EUR,010,1000,,,015,1100,,/"): string {
  const count = records.length + 2;
  return [
    "01,A,B,261120,0700,1,,,2/",
    "02,B,A,1,261119,2400,EUR,2/",
    header,
    ...records,
    `49,${controlMinor},${count}/`,
    `98,${controlMinor},1,${count + 2}/`,
    `99,${controlMinor},1,${count + 4}/`,
    "",
  ].join("\n");
}

describe("BAI2", () => {
  it("reads accounts, fund types, continuations and labels, every control total tied", async () => {
    const read = await readFileOf(BAI2);
    expect(verdict(read)).toBe("ok");
    const [wire, ach, debit] = read.entries;
    expect(wire).toMatchObject({
      signedMinor: 100_000n,
      bookingDate: "2026-11-19",
      code: "195",
      availability: [
        { days: 0, amountMinor: 60_000n },
        { days: 1, amountMinor: 30_000n },
        { days: 2, amountMinor: 10_000n },
      ],
      references: { endToEndId: "E2E-77", bankReference: "BREF1", customerReference: "CREF1" },
      counterparty: { name: "ACME CORP" },
      remittance: "WIRE IN, FROM: ACME EREF: E2E-77 DBNM: ACME CORP",
    });
    expect(ach?.availability).toEqual([
      { days: 0, amountMinor: 30_000n },
      { days: 1, amountMinor: 20_000n },
    ]);
    expect(debit).toMatchObject({ signedMinor: -15_000n, valueDate: "2026-11-20", counterparty: { name: "POWER CO" } });
    expect(read.totals[0]?.controls.map((control) => control.kind)).toEqual([
      "control_total",
      "closing_balance",
      "credit_count",
      "debit_count",
      "credit_total",
      "debit_total",
    ]);
    expect(read.openings[1]).toMatchObject({ currency: "JPY", exponent: 0, opening: { amountMinor: 5_000n } });
  });

  it("marks returned items and reversals by their type codes, and no other", async () => {
    const file = (code: string) =>
      `01,A,B,261120,0700,1,,,2/\n02,B,A,1,261119,2400,USD,2/\n03,1,USD/\n16,${code},100,,,,T\n49,100,3/\n98,100,1,5/\n99,100,1,7/\n`;
    for (const [code, reversal] of [
      ["555", true],
      ["552", true],
      ["257", true],
      ["455", false],
      ["142", false],
    ] as const) {
      const { entries } = await readFileOf(file(code), { format: "bai2" });
      expect(
        entries.map((entry) => entry.reversal),
        code,
      ).toEqual([reversal]);
    }
  });

  it("reads fields that go on in a continuation, and texts that do not end in a slash", async () => {
    const read = await readFileOf(
      file(["16,195/", "88,100,S,40/", "88,60,0,REF,CUST,some text, with commas", "88,and more"], 2_200n),
    );
    expect(verdict(read)).toBe("ok");
    expect(read.entries[0]).toMatchObject({
      signedMinor: 100n,
      references: { bankReference: "REF", customerReference: "CUST" },
      remittance: "some text, with commas and more",
    });
  });

  it("reads several records on one line and a text broken without a continuation", async () => {
    const text = file(["16,195,100,Z,,,TEXT", "88,MORE/"], 2_200n)
      .replace("2/\n02,", "2/   02,")
      .replace("TEXT\n", "TEXT\nbroken off\n");
    const read = await readFileOf(text);
    expect(verdict(read)).toBe("ok");
    expect(read.entries[0]?.remittance).toBe("TEXT broken off MORE");
  });

  it("takes 890 for a message and own codes as the source states them", async () => {
    const records = ["16,890,0,,,,NOTE/", "16,721,100,,,,LOAN/"];
    expect(verdict(await readFileOf(file(records, 2_200n)))).toBe("unknown_type_code");
    const read = await readFileOf(file(records, 2_200n), { typeCodes: { "721": "credit" } });
    expect(verdict(read)).toBe("ok");
    expect(read.entries.map((entry) => entry.status)).toEqual(["information", "booked"]);
  });

  it("does not hold a total against the details where the bank states no number of items", async () => {
    const header = "03,1,EUR,040,1000,,,100,500,,/";
    expect(verdict(await readFileOf(file(["16,195,100,,,,X/"], 1_600n, header)))).toBe("ok");
    expect(verdict(await readFileOf(file(["16,195,100,,,,X/"], 1_600n, header.replace("500,,", "500,1,"))))).toBe(
      "credit_total_mismatch",
    );
  });

  it("counts equal details of two parts of one account in a group as two, and a repeated group's as the same", async () => {
    const part = "03,1,EUR,100,5,1,/\n16,195,5,,R,,X/\n49,10,3/\n";
    const group = (parts: number) =>
      `02,B,A,1,261119,2400,EUR,2/\n${part.repeat(parts)}98,${parts * 10},${parts},${parts * 3 + 2}/\n`;
    const two = await readFileOf(`01,A,B,261120,0700,1,,,2/\n${group(2)}99,20,1,10/\n`);
    expect(two.entries.map((entry) => entry.occurrence)).toEqual([1, 2]);
    const twice = await readFileOf(`01,A,B,261120,0700,1,,,2/\n${group(1)}${group(1)}99,20,2,12/\n`);
    expect(verdict(twice)).toBe("ok");
    expect(new Set(twice.entries.map((entry) => entry.key)).size).toBe(1);
  });

  const good = file(["16,195,100,,REF,,TEXT/"], 2_200n);
  it.each([
    ["ok", good],
    ["control_total_mismatch", good.replace("49,2200", "49,2201")],
    ["control_total_mismatch", good.replace("98,2200", "98,2201")],
    ["control_total_mismatch", good.replace("99,2200", "99,2201")],
    ["record_count_mismatch", good.replace("49,2200,3", "49,2200,4")],
    ["record_count_mismatch", good.replace("98,2200,1,5", "98,2200,2,5")],
    ["record_count_mismatch", good.replace("98,2200,1,5", "98,2200,1,6")],
    ["record_count_mismatch", good.replace("99,2200,1,7", "99,2200,1,8")],
    ["closing_balance_mismatch", file(["16,475,100,,REF,,TEXT/"], 2_200n)],
    ["missing_file_header", good.slice(good.indexOf("02,"))],
    ["missing_file_control", good.slice(0, good.indexOf("99,"))],
    ["missing_batch_control", good.slice(0, good.indexOf("98,"))],
    ["missing_batch_control", good.replace(/49,.*\n/, "")],
    ["unsupported_group", good.replace("B,A,1,", "B,A,2,")],
    ["unsupported_version", good.replace(",,,2/", ",,,3/")],
    ["unknown_currency", good.replace("03,1,EUR", "03,1,EUX")],
    ["bad_amount", good.replace("16,195,100", "16,195,1.00")],
    ["bad_date", good.replace("261119", "261139")],
    ["unknown_type_code", good.replace("16,195", "16,000")],
    ["bad_field", good.replace("16,195,100,,", "16,195,100,Q,")],
    ["missing_account", good.replace("03,1,", "03,,")],
    ["bad_structure", good.replace("03,1,EUR,010,1000,,,015,1100,,/\n", "")],
    ["bad_structure", `${good}03,1,EUR/\n`],
    ["bad_structure", good.replace("02,B", "01,A,B,261120,0700,1,,,2/\n02,B")],
    ["missing_batch_control", good.replace("98,", "02,B,A,1,261119,2400,EUR,2/\n98,")],
    ["bad_structure", good.replace(/02,.*\n/, "")],
    ["missing_batch_control", good.replace("16,195", "03,2,EUR/\n16,195")],
    ["bad_field", good.replace("010,1000", ",5,,,010,1000")],
    ["bad_field", good.replace("010,1000,,", "010,1000,x,")],
    ["bad_structure", good.replace("98,", "49,0,2/\n98,")],
    ["bad_structure", good.replace("99,", "98,0,0,2/\n99,")],
    ["missing_batch_control", good.replace(/98,.*\n/, "")],
    ["bad_amount", good.replace("49,2200", "49,22x0")],
    ["bad_field", good.replace("16,195,100,,", "16,195,100,D,x,")],
    ["bad_field", good.replace("16,195,100,,", "16,195,100,D,1,x,5,")],
    ["bad_field", good.replace("16,195,100,,", "16,195,100,D,1001,")],
    ["bad_date", good.replace("16,195,100,,", "16,195,100,V,261399,,")],
    ["missing_date", good.replace("261119", "")],
    ["bad_structure", good.replace("01,A", "88,x/\n01,A")],
    ["bad_line", good.replace("01,A", "junk\n01,A")],
    ["negative_amount", good.replace("16,195,100,", "16,195,-100,")],
    ["too_complex", good.replace("TEXT/", `TEXT/${"\n88,x".repeat(1_001)}`)],
    ["amount_out_of_range", good.replace("16,195,100,", "16,195,9223372036854775808,")],
  ])("answers %s", async (code, text) => {
    expect(verdict(await readFileOf(text, { format: "bai2" }))).toBe(code);
  });
});
