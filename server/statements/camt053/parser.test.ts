import { describe, expect, it } from "vitest";
import { formatInstant } from "../../domain/time";
import { readFileOf, verdict } from "../testing/read";
import { CAMT, camtBalance, camtEntry, camtFile, camtPayment, camtStatement } from "../testing/samples";

const one = (entries: readonly string[], closing: string, more: Partial<Parameters<typeof camtStatement>[0]> = {}) =>
  camtFile([camtStatement({ entries, closing, ...more })]);

const faultOf = async (text: string | Uint8Array) => {
  const { outcome } = await readFileOf(text);
  if (outcome.ok) throw new Error("was accepted");
  return outcome.fault;
};

describe("camt.053", () => {
  it("reads a statement with a batch, a fee and a return, every total tied", async () => {
    const file = await readFileOf(CAMT);
    expect(verdict(file)).toBe("ok");
    expect(file.openings[0]).toMatchObject({ sequence: "1", messageId: "MSG-1", currency: "EUR", exponent: 2 });
    expect(file.totals[0]?.controls.map((control) => control.kind)).toEqual([
      "closing_balance",
      "entry_count",
      "credit_count",
      "debit_count",
      "credit_total",
      "debit_total",
      "turnover",
      "net_total",
    ]);
    const [batch, fee, back] = file.entries;
    expect(batch).toMatchObject({ detailCount: 3, batchId: "BATCH-7", code: "PMNT/RCDT/ESCT", signedMinor: 10_000n });
    expect(batch?.references.bankReference).toBe("BANK-1");
    expect(fee).toMatchObject({ direction: "debit", code: "CHRG", remittance: "Account fee", valueDate: "2026-11-21" });
    expect(back).toMatchObject({ reversal: true, direction: "debit", returnCode: "AC04", signedMinor: -1_000n });
    expect(back?.references).toMatchObject({ endToEndId: null, transactionId: "TX-9" });
    expect(back?.counterparty?.name).toBe("Bob");
  });

  it("hands over the payments of a batch before it, with their own references and parties", async () => {
    const { details } = await readFileOf(CAMT);
    expect(details.map(({ entry, detail, amount }) => [entry, detail, amount?.amountMinor])).toEqual([
      [1, 1, 5_000n],
      [1, 2, 3_000n],
      [1, 3, 2_000n],
    ]);
    expect(details[1]).toMatchObject({
      references: { endToEndId: "E2E-2", instructionId: "I-E2E-2" },
      counterparty: { name: "Ada E2E-2", account: "NL91ABNA0417164300", institution: "ABNANL2A" },
      remittance: "Invoice E2E-2",
    });
  });

  it("keeps the bank's own day and the exact instant of a time with a zone", async () => {
    const { entries } = await readFileOf(CAMT);
    expect(entries[2]?.bookingDate).toBe("2026-11-20");
    expect(formatInstant(entries[2]?.bookedAt ?? 0n)).toBe("2026-11-19T23:30:00.000000Z");
  });

  it.each(["02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13"])(
    "reads version %s",
    async (version) => {
      const old = Number(version) < 8;
      const status = old ? "<Sts>BOOK</Sts>" : "<Sts><Cd>BOOK</Cd></Sts>";
      const party = old ? "<Nm>Ann</Nm>" : "<Pty><Nm>Ann</Nm></Pty>";
      const body = `<NtryDtls><TxDtls><RltdPties><Dbtr>${party}</Dbtr></RltdPties></TxDtls></NtryDtls>`;
      const text = camtFile(
        [camtStatement({ entries: [camtEntry({ amount: "1.00", status, body })], closing: "101.00" })],
        version,
      );
      const file = await readFileOf(text);
      expect(verdict(file)).toBe("ok");
      expect(file.entries[0]?.counterparty?.name).toBe("Ann");
    },
  );

  it("reads prefixed namespaces and a document in an envelope", async () => {
    const prefixed = CAMT.replace("xmlns=", "xmlns:c=").replace(/<(\/?)(?=[A-Z])/g, "<$1c:");
    const envelope = prefixed.replace(/(<\?xml.*?\?>\n)([\s\S]*)/, '$1<Envelope xmlns="urn:x">$2</Envelope>');
    const file = await readFileOf(envelope);
    expect(verdict(file)).toBe("ok");
    expect(file.entries).toHaveLength(3);
  });

  it("reads Latin-1 and UTF-16 as their declaration or byte order mark says", async () => {
    const text = one([camtEntry({ amount: "1", body: "<AddtlNtryInf>Müller</AddtlNtryInf>" })], "101.00");
    const latin = Buffer.from(text.replace('"UTF-8"', '"ISO-8859-1"'), "latin1");
    const wide = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(text.replace(' encoding="UTF-8"', ""), "utf16le"),
    ]);
    for (const bytes of [latin, wide]) {
      const file = await readFileOf(bytes);
      expect(file.entries[0]?.remittance).toBe("Müller");
    }
  });

  it("reads the euro sign of windows-1252", async () => {
    const text = one([camtEntry({ amount: "1", body: "<AddtlNtryInf>5 \u0080</AddtlNtryInf>" })], "101.00");
    const file = await readFileOf(Buffer.from(text.replace('"UTF-8"', '"windows-1252"'), "latin1"));
    expect(file.entries[0]?.remittance).toBe("5 €");
  });

  it("takes pages: an interim balance opens or closes what is no first or last page", async () => {
    const pages = [
      camtStatement({
        closing: "",
        balances: camtBalance("OPBD", "100.00") + camtBalance("ITBD", "101.00"),
        entries: [camtEntry({ amount: "1.00" })],
      }),
      camtStatement({
        closing: "",
        balances: camtBalance("ITBD", "101.00") + camtBalance("CLBD", "103.00"),
        entries: [camtEntry({ amount: "2.00" })],
      }),
    ];
    expect(verdict(await readFileOf(camtFile(pages)))).toBe("ok");
  });

  it("takes a batch whose payments the bank does not tell, and says how many there are", async () => {
    const untold = "<NtryDtls><Btch><NbOfTxs>500</NbOfTxs></Btch></NtryDtls>";
    const file = await readFileOf(one([camtEntry({ amount: "1", body: untold })], "101.00"));
    expect(file.entries[0]?.detailCount).toBe(500);
    expect(file.details).toEqual([]);
  });

  const booked = "<BookgDt><Dt>2026-11-20</Dt></BookgDt>";
  const value = "<ValDt><Dt>2026-11-21</Dt></ValDt>";
  it("books an entry without booking date on its value date, else the closing day, and says so", async () => {
    const entries = [
      camtEntry({ amount: "1.00" }).replace(booked, ""),
      camtEntry({ amount: "1.00" }).replace(booked, "").replace(value, ""),
    ];
    const file = await readFileOf(one(entries, "102.00"));
    expect(file.entries.map((entry) => [entry.bookingDate, entry.bookingDateFrom])).toEqual([
      ["2026-11-21", "value_date"],
      ["2026-11-20", "statement"],
    ]);
    const dateless = one(entries, "102.00").replaceAll(
      "</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>",
      "</CdtDbtInd></Bal>",
    );
    expect((await faultOf(dateless)).code).toBe("missing_date");
  });

  it("counts pending and informational entries in no balance", async () => {
    const entries = [
      camtEntry({ amount: "1.00" }),
      camtEntry({ amount: "5.00", status: "<Sts><Cd>PDNG</Cd></Sts>" }),
      camtEntry({ amount: "7.00", status: "<Sts>INFO</Sts>" }),
    ];
    const file = await readFileOf(one(entries, "101.00"));
    expect(file.entries.map((entry) => entry.status)).toEqual(["booked", "pending", "information"]);
    expect(file.outcome.ok && file.outcome.file.bookedEntries).toBe(1);
  });

  it("keeps five decimals exactly where the source has them, and refuses them elsewhere", async () => {
    const text = one([camtEntry({ amount: "0.12345" })], "100.12345");
    expect((await faultOf(text)).code).toBe("amount_not_exact");
    const file = await readFileOf(text, { exponents: { EUR: 5 } });
    expect(file.entries[0]).toMatchObject({ amountMinor: 12_345n, exponent: 5 });
  });

  it("accepts payments that make the entry once their charges are taken off", async () => {
    const charged = camtPayment("E2E-1", "50.00").replace(
      "<RltdPties>",
      '<Chrgs><Rcrd><Amt Ccy="EUR">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs><RltdPties>',
    );
    const file = await readFileOf(
      one([camtEntry({ amount: "48.50", body: `<NtryDtls>${charged}</NtryDtls>` })], "148.50"),
    );
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]?.charges).toEqual([
      { amountMinor: 150n, currency: "EUR", exponent: 2, type: null, included: true },
    ]);
  });

  const batch = (stated: string, ...payments: readonly string[]) =>
    `<NtryDtls><Btch><NbOfTxs>${stated}</NbOfTxs></Btch>${payments.join("")}</NtryDtls>`;
  const plain = camtEntry({ amount: "1.00" });
  it.each([
    ["closing_balance_mismatch", one([plain], "101.01")],
    ["missing_opening_balance", one([plain], "", { balances: camtBalance("CLBD", "101.00") })],
    ["missing_closing_balance", one([plain], "", { balances: camtBalance("OPBD", "100.00") })],
    ["bad_structure", one([plain], "", { balances: ["1.00", "2.00"].map((a) => camtBalance("OPBD", a)).join("") })],
    ["balance_currency_mismatch", one([plain], "101.00").replace(/(CLBD<.*?Ccy=")EUR/s, "$1SEK")],
    ["entry_currency_mismatch", one([camtEntry({ amount: "1.00", currency: "USD" })], "101.00")],
    ["unknown_currency", one([camtEntry({ amount: "1.00", currency: "EUX" })], "101.00")],
    ["negative_amount", one([camtEntry({ amount: "-1.00" })], "99.00")],
    ["bad_amount", one([camtEntry({ amount: "1,00" })], "101.00")],
    ["bad_amount", one([camtEntry({ amount: "1e2" })], "200.00")],
    ["missing_direction", one([plain.replace("<CdtDbtInd>CRDT</CdtDbtInd>", "")], "101.00")],
    ["bad_date", one([plain.replace("2026-11-20", "2026-02-30")], "101.00")],
    ["bad_field", one([plain.replace("BOOK", "MAYB")], "101.00")],
    ["missing_account", one([plain], "101.00", { account: "<Acct><Ccy>EUR</Ccy></Acct>" })],
    ["several_accounts", one([plain], "101.00", { summary: "<Acct><Id><IBAN>X</IBAN></Id></Acct>" })],
    ["entry_count_mismatch", CAMT.replace("<NbOfNtries>3<", "<NbOfNtries>4<")],
    ["credit_total_mismatch", CAMT.replace("<Sum>100.00<", "<Sum>100.01<")],
    ["net_total_mismatch", CAMT.replace("<Amt>80.25<", "<Amt>80.26<")],
    [
      "detail_count_mismatch",
      one([camtEntry({ amount: "2", body: batch("3", camtPayment("A", "1"), camtPayment("B", "1")) })], "102.00"),
    ],
    [
      "detail_total_mismatch",
      one([camtEntry({ amount: "3", body: batch("2", camtPayment("A", "1"), camtPayment("B", "1")) })], "103.00"),
    ],
    [
      "detail_total_mismatch",
      CAMT.replace("<NbOfTxs>3</NbOfTxs>", '<NbOfTxs>3</NbOfTxs><TtlAmt Ccy="EUR">100.01</TtlAmt>'),
    ],
    ["amount_out_of_range", one([camtEntry({ amount: "92233720368547758.08" })], "0")],
    ["too_complex", CAMT.replace("MSG-1", `${"<a>".repeat(70)}${"</a>".repeat(70)}`)],
    ["too_complex", CAMT.replace("<MsgId>", `${"<a/>".repeat(20_001)}<MsgId>`)],
    ["too_complex", CAMT.replace("MSG-1", "x".repeat(70_000))],
    ["too_complex", CAMT.replace("<Acct>", `${"<a/>".repeat(1_001)}<Acct>`)],
    ["negative_amount", CAMT.replace(">180.25<", ">-180.25<")],
    ["bad_field", CAMT.replace("<NbOfTxs>3<", "<NbOfTxs>three<")],
    ["bad_field", CAMT.replace("<NbOfNtries>3<", "<NbOfNtries>three<")],
    ["missing_amount", CAMT.replace('<Amt Ccy="EUR">9.75</Amt>', "")],
    ["missing_amount", CAMT.replace(/<Amt Ccy="EUR">180.25<.Amt>/, "")],
    ["missing_direction", CAMT.replace("<CdtDbtInd>CRDT</CdtDbtInd><Dt>", "<Dt>")],
    ["missing_direction", CAMT.replace("<CdtDbtInd>DBIT<", "<CdtDbtInd>BOTH<")],
    [
      "several_accounts",
      one([plain], "", { balances: `${camtBalance("OPBD", "1")}${camtBalance("OPBD", "1").replace("EUR", "USD")}` }),
    ],
    ["bad_characters", CAMT.replace("UTF-8", "x-unknown")],
    ["unsupported_version", CAMT.replace("001.08", "001.14")],
    ["unsupported_version", CAMT.replace("001.08", "001.01")],
    ["unsupported_message", CAMT.replace("camt.053", "camt.052")],
    ["unsupported_message", '<?xml version="1.0"?><html/>'],
    ["no_statement", camtFile([])],
    ["document_type_refused", CAMT.replace("?>", '?><!DOCTYPE Document [<!ENTITY a "b">]>')],
    ["bad_xml", CAMT.replace("</Stmt>", "</Stm>")],
    ["bad_xml", CAMT.replace("MSG-1", "&nbsp;")],
    ["bad_xml", CAMT.slice(0, -20)],
  ])("refuses with %s", async (code, text) => {
    expect((await faultOf(text)).code).toBe(code);
  });

  it("says where, what was expected and what was found", async () => {
    expect(await faultOf(one([plain, camtEntry({ amount: "2", direction: "DBIT" })], "100.00"))).toMatchObject({
      code: "closing_balance_mismatch",
      where: { statement: 1, path: "Stmt[1]" },
      expected: "99.00 EUR",
      found: "100.00 EUR",
    });
  });

  it("refuses bytes that are not the character set they say", async () => {
    const bytes = Buffer.from(
      one([camtEntry({ amount: "1", body: "<AddtlNtryInf>Mü</AddtlNtryInf>" })], "101.00"),
      "latin1",
    );
    expect((await faultOf(bytes)).code).toBe("bad_characters");
  });

  it("never expands entities, however they are declared", async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>${CAMT.slice(CAMT.indexOf("<Document"))}`;
    expect((await faultOf(bomb.replace("MSG-1", "&b;"))).code).toBe("document_type_refused");
  });

  it("masks card numbers in text and in references", async () => {
    const body =
      "<NtryDtls><TxDtls><Refs><EndToEndId>4111111111111111</EndToEndId></Refs><RmtInf><Ustrd>card 4111 1111 1111 1111</Ustrd></RmtInf></TxDtls></NtryDtls>";
    const { entries } = await readFileOf(one([camtEntry({ amount: "1", body })], "101.00"));
    expect(entries[0]?.remittance).toBe("card **** **** **** 1111");
    expect(entries[0]?.references.endToEndId).toMatch(/^\*{12}1111~[0-9a-f]{16}$/);
  });
});
