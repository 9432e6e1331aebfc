import { describe, expect, it } from "vitest";
import { readFileOf, verdict } from "../testing/read";
import { MT940 } from "../testing/samples";

const statement = (lines: string, opening = "C261119EUR100,00", closing = "C261120EUR101,00", number = "1/1") =>
  `:20:REF\n:25:DE02120300000000202051\n:28C:${number}\n:60F:${opening}\n${lines}:62F:${closing}\n-\n`;
const line = (text: string) => `:61:${text}\n`;

describe("MT940", () => {
  it("reads structured, free and code-word details, supplements and several statements", async () => {
    const file = await readFileOf(MT940);
    expect(verdict(file)).toBe("ok");
    expect(file.openings.map(({ account, sequence }) => [account, sequence])).toEqual([
      ["37040044/0532013000", "117/1"],
      ["37040044/0532013000", "118/1"],
    ]);
    const [credit, debit, back, fee] = file.entries;
    expect(credit).toMatchObject({
      signedMinor: 25_050n,
      code: "NTRF/166",
      references: { endToEndId: "E2E-4711", mandateId: "M-1", bankReference: "BANKREF1", customerReference: null },
      counterparty: {
        name: "Erika Mustermann",
        account: expect.stringMatching(/^DE02\*+2051~/),
        institution: "DEUTDEFF",
      },
      remittance: "supplement GUTSCHRIFT Rechnung 4711 vom 1.11.",
    });
    expect(debit).toMatchObject({
      signedMinor: -10_000n,
      references: { customerReference: "KREF-1", bankReference: "BANKREF2" },
      remittance: "Freier Text einer Lastschrift mit einer Zeile die umbrochen wird weil sie zu lang ist",
    });
    expect(back).toMatchObject({
      reversal: true,
      direction: "debit",
      returnCode: "AC04",
      references: { endToEndId: "E2E-9" },
      counterparty: { name: "J DOE", account: "NL91ABNA0417164300", institution: "ABNANL2A" },
      remittance: "Return of credit",
    });
    expect(fee).toMatchObject({ reversal: true, direction: "credit", signedMinor: 50n });
  });

  it.each([
    ["2611201120C1,00NTRFREF", 100n, "2026-11-20"],
    ["261120C1,NTRFREF", 100n, "2026-11-20"],
    ["2611201121CR1NTRFREF", 100n, "2026-11-21"],
    ["261120    C1,0NTRFREF//B", 100n, "2026-11-20"],
    ["2612310102C1,00NTRFREF", 100n, "2027-01-02"],
    ["2701011231C1,00NTRFREF", 100n, "2026-12-31"],
    ["2611201120RD1,00NTRFREF", 100n, "2026-11-20"],
  ])("reads the entry line %s", async (text, minor, booked) => {
    const file = await readFileOf(statement(line(text)));
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]).toMatchObject({ signedMinor: minor, bookingDate: booked });
  });

  it("puts a broken entry line together, and takes 30 February for its month's end", async () => {
    const file = await readFileOf(statement(":61:2702300301CR\n1,00N062NONREF\n"));
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]).toMatchObject({ valueDate: "2027-02-28", bookingDate: "2027-03-01" });
  });

  it("takes a balance below nothing, currencies without and with three decimals", async () => {
    const yen = await readFileOf(statement(line("261120D150,NTRFX"), "C261119JPY100,", "D261120JPY50,"));
    expect(yen.entries[0]?.signedMinor).toBe(-150n);
    const dinar = await readFileOf(statement(line("261120C0,125NTRFX"), "C261119KWD1,", "C261120KWD1,125"));
    expect(dinar.entries[0]).toMatchObject({ signedMinor: 125n, exponent: 3 });
  });

  it("reads Latin-1 and UTF-8, frames and bank headers, CRLF and no last line ending", async () => {
    const text = statement(`${line("261120C1,00NTRFX")}:86:Zürich\n`);
    const variants = [
      Buffer.from(text, "latin1"),
      Buffer.from(text, "utf8"),
      Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"),
      Buffer.from(`\u0001\nABNANL2A\n940\n${text.trimEnd()}`, "latin1"),
    ];
    for (const bytes of variants) {
      const file = await readFileOf(bytes, { format: "mt940" });
      expect(file.entries[0]?.remittance).toBe("Zürich");
    }
  });

  it("reads bytes in the character set its source states, and refuses what is none of it", async () => {
    const bytes = Buffer.from(statement(`${line("261120C1,00NTRFX")}:86:Z\u00fcrich \u0080\n`), "latin1");
    expect(verdict(await readFileOf(bytes, { charset: "utf-8" }))).toBe("bad_characters");
    const windows = await readFileOf(bytes, { charset: "windows-1252" });
    expect(windows.entries[0]?.remittance).toBe("Zürich €");
    const latin = await readFileOf(bytes, { charset: "latin1" });
    expect(latin.entries[0]?.remittance).toBe("Zürich");
  });

  it("does not book text after the closing balance as an entry's", async () => {
    const file = await readFileOf(statement(line("261120C1,00NTRFX")).replace("-\n", ":86:for the statement\n-\n"));
    expect(file.entries[0]?.remittance).toBeNull();
  });

  const pages = (second: string) =>
    `:20:A\n:25:ACC\n:28C:9/1\n:60F:C261119EUR1,00\n${line("261120C1,00NTRFX")}:62M:C261120EUR2,00\n-\n:20:A\n:25:ACC\n:28C:9/2\n:60M:C261120EUR${second}\n${line("261120C1,00NTRFX")}:62F:C261120EUR3,00\n-\n`;

  it("takes the pages of one statement as one: its equal entries are different bookings", async () => {
    const file = await readFileOf(pages("2,00"));
    expect(verdict(file)).toBe("ok");
    expect(file.entries.map((entry) => entry.occurrence)).toEqual([1, 2]);
  });

  it.each([
    ["closing_balance_mismatch", statement(line("261120C1,01NTRFX"))],
    ["balance_chain_broken", pages("2,01")],
    ["missing_account", ":20:A\n:28C:1\n:60F:C261119EUR1,\n:62F:C261119EUR1,\n"],
    ["missing_opening_balance", ":20:A\n:25:X\n:28C:1\n:62F:C261119EUR1,\n"],
    ["missing_closing_balance", ":20:A\n:25:X\n:28C:1\n:60F:C261119EUR1,\n"],
    ["several_accounts", ":20:A\n:25:X\n:25:Y\n:60F:C261119EUR1,\n:62F:C261119EUR1,\n"],
    ["balance_currency_mismatch", statement("", "C261119EUR1,", "C261119USD1,")],
    ["unknown_currency", statement("", "C261119DEM1,", "C261119DEM1,")],
    ["amount_not_exact", statement(line("261120C1,005NTRFX"))],
    ["bad_line", statement(line("261120X1,00NTRFX"))],
    ["bad_line", statement(line("261120C1.00NTRFX"))],
    ["bad_line", statement(line("261120EC1,00NTRFX"))],
    ["bad_line", statement("", "C261119105000,00", "C261119EUR1,")],
    ["bad_date", statement(line("261320C1,00NTRFX"))],
    ["bad_date", statement(line("2611201332C1,00NTRFX"))],
    ["bad_structure", `${statement("").replace("-\n", line("261120C1,00NTRFX"))}-\n`],
    ["bad_structure", ":61:2611201120C1,00NTRFX\n:86:text\n"],
    ["too_complex", statement(`${line("261120C1,00NTRFX")}:86:x\n${"y\n".repeat(300)}`)],
    ["too_complex", statement(`${line("261120C1,00NTRFX")}${":86:x\n".repeat(300)}`)],
    ["too_complex", statement("").replace(":28C:", `${"x\n".repeat(300)}:28C:`)],
    ["bad_structure", statement("").replace("-\n", ":62F:C261120EUR101,00\n-\n")],
    ["bad_structure", statement("").replace(":60F:", ":60F:C261119EUR100,00\n:60F:")],
    ["bad_date", statement("", "C261332EUR1,", "C261119EUR1,")],
    ["no_statement", "-\n:NS:x\n"],
  ])("refuses with %s", async (code, text) => {
    const file = await readFileOf(text, { format: "mt940" });
    expect(verdict(file)).toBe(code);
  });
});
