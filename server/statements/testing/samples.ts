/** Hand-written files of each format, as banks write them. */

interface CamtEntry {
  readonly amount: string;
  readonly direction?: "CRDT" | "DBIT";
  readonly currency?: string;
  readonly body?: string;
  readonly status?: string;
}

export const camtEntry = ({ amount, direction = "CRDT", currency = "EUR", body = "", status }: CamtEntry): string => `
      <Ntry>
        <Amt Ccy="${currency}">${amount}</Amt>
        <CdtDbtInd>${direction}</CdtDbtInd>
        ${status ?? "<Sts><Cd>BOOK</Cd></Sts>"}
        <BookgDt><Dt>2026-11-20</Dt></BookgDt>
        <ValDt><Dt>2026-11-21</Dt></ValDt>
        ${body}
      </Ntry>`;

interface CamtStatement {
  readonly number?: number;
  readonly opening?: string;
  readonly closing: string;
  readonly entries: readonly string[];
  readonly summary?: string;
  readonly account?: string;
  readonly balances?: string;
}

const balance = (code: string, amount: string): string => `
      <Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount.replace("-", "")}</Amt>
        <CdtDbtInd>${amount.startsWith("-") ? "DBIT" : "CRDT"}</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>`;

export const camtBalance = balance;

export const camtStatement = (options: CamtStatement): string => `
    <Stmt>
      <Id>STMT-${options.number ?? 1}</Id>
      <ElctrncSeqNb>${options.number ?? 1}</ElctrncSeqNb>
      <CreDtTm>2026-11-20T23:10:00+01:00</CreDtTm>
      ${options.account ?? "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"}
      ${options.balances ?? balance("OPBD", options.opening ?? "100.00") + balance("CLBD", options.closing)}
      ${options.summary ?? ""}
      ${options.entries.join("")}
    </Stmt>`;

export const camtFile = (
  statements: readonly string[],
  version = "08",
): string => `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-20T23:10:00+01:00</CreDtTm></GrpHdr>
    ${statements.join("")}
  </BkToCstmrStmt>
</Document>
`;

const payment = (reference: string, amount: string): string => `
          <TxDtls>
            <Refs><InstrId>I-${reference}</InstrId><EndToEndId>${reference}</EndToEndId></Refs>
            <Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
            <RltdPties><Dbtr><Pty><Nm>Ada ${reference}</Nm></Pty></Dbtr>
              <DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct></RltdPties>
            <RltdAgts><DbtrAgt><FinInstnId><BICFI>ABNANL2A</BICFI></FinInstnId></DbtrAgt></RltdAgts>
            <RmtInf><Ustrd>Invoice ${reference}</Ustrd></RmtInf>
          </TxDtls>`;

export const camtPayment = payment;

/** A batch of three payments, a fee, and a return of an earlier credit. */
export const CAMT = camtFile([
  camtStatement({
    closing: "180.25",
    summary: `<TxsSummry>
        <TtlNtries><NbOfNtries>3</NbOfNtries><Sum>119.75</Sum>
          <TtlNetNtry><Amt>80.25</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry></TtlNtries>
        <TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>100.00</Sum></TtlCdtNtries>
        <TtlDbtNtries><NbOfNtries>2</NbOfNtries><Sum>19.75</Sum></TtlDbtNtries>
      </TxsSummry>`,
    entries: [
      camtEntry({
        amount: "100.00000",
        body: `<AcctSvcrRef>BANK-1</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls><Btch><PmtInfId>BATCH-7</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>
          ${payment("E2E-1", "50.00")}${payment("E2E-2", "30.00")}${payment("E2E-3", "20.00")}</NtryDtls>`,
      }),
      camtEntry({
        amount: "9.75",
        direction: "DBIT",
        body: "<BkTxCd><Prtry><Cd>CHRG</Cd></Prtry></BkTxCd><AddtlNtryInf>Account fee</AddtlNtryInf>",
      }),
      `
      <Ntry>
        <Amt Ccy="EUR">10</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><DtTm>2026-11-20T00:30:00+01:00</DtTm></BookgDt>
        <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>TX-9</TxId></Refs>
          <RltdPties><Dbtr><Pty><Nm>Bob</Nm></Pty></Dbtr></RltdPties>
          <RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>
      </Ntry>`,
    ],
  }),
]);

export const MT940 = `{1:F01BANKDEFFAXXX0000000000}{2:O9401200261120BANKDEFFAXXX00000000002611201200N}{4:
:20:STARTUMS
:25:37040044/0532013000
:28C:00117/001
:60F:C261119EUR1000,00
:61:2611201120CR250,50NTRFNONREF//BANKREF1
supplement
:86:166?00GUTSCHRIFT?109310?20EREF+E2E-4711?21MREF+M-1?22SVWZ+Rechnung
 4711 vom?23 1.11.?30DEUTDEFF?31DE02120300000000202051?32Erika Must
ermann
:61:2611201120DR100,NMSCKREF-1//BANKREF2
:86:Freier Text einer Lastschrift mit einer Zeile die umbrochen wird w
eil sie zu lang ist
:61:2611201120RC50,00NRTINONREF
:86:/TRTP/SEPA/RTRN/AC04/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J
DOE/EREF/E2E-9/REMI/Return of credit/
:61:2611201120RD0,5NCHGNONREF
:62F:C261120EUR1101,00
:64:C261120EUR1101,00
:86:Statement text
-}
{1:F01BANKDEFFAXXX0000000000}{4:
:20:STARTUMS
:25:37040044/0532013000
:28C:00118/001
:60F:C261120EUR1101,00
:62F:C261120EUR1101,00
-}
`;

export const BAI2 = `01,BANKUS33,CUSTOMER,261120,0700,77,80,1,2/
02,CUSTOMER,121000358,1,261119,2400,USD,2/
03,0123456789,USD,010,1000000,,,015,1135000,,/
88,100,150000,2,S,100000,30000,20000,400,15000,1,V,261120,/
16,195,100000,S,60000,30000,10000,BREF1,CREF1,WIRE IN, FROM: ACME/
88,EREF: E2E-77
88,DBNM: ACME CORP
16,165,50000,D,2,0,30000,1,20000,BREF2,,ACH CREDITS/
16,455,15000,V,261120,1200,BREF3,CREF3,ACH DEBIT
88,CRNM: POWER CO
49,2465000,9/
03,0987654321,JPY,010,5000,,,015,5000,,/
49,10000,2/
98,2475000,2,13/
99,2475000,1,15/
`;

const padded = (text: string): string => text.padEnd(94);
const nines = "9".repeat(94);

/** Two returns in one batch, a change in a second; controls, padding and all. */
const nachaFile = (): string => {
  const batch1 = [
    padded("5200ACME CORP                           1234567890WEBPAYMENT         2611183241091400600000001"),
    padded("626091400606123456789        0000012354CUST-1         Paul Jones            S 1091400600000001"),
    padded("799R01091000010000017      09100001                                            091400600000001"),
    padded("621091400606867530999        0000004565CUST-2         Bob Marley            S 1091400600000002"),
    padded("799R03091000010000018      09100001Account not found                           091400600000002"),
    `8200${"000004"}${"0018280120"}${"000000012354"}${"000000004565"}${"1234567890"}${" ".repeat(25)}09140060${"0000001"}`,
  ];
  const batch2 = [
    padded("5220ACME CORP                           1234567890CORVENDOR PAY      261118   1091400600000002"),
    padded("621231380104744-5678-99      0000000000CUST-3         Best Co               S 1091400600000003"),
    padded("798C01091000010000019      091000011918171614                                  091400600000003"),
    `8220${"000002"}${"0023138010"}${"000000000000"}${"000000000000"}${"1234567890"}${" ".repeat(25)}09140060${"0000002"}`,
  ];
  const control = padded(`9${"000002"}${"000002"}${"00000006"}${"0041418130"}${"000000012354"}${"000000004565"}`);
  const header = padded("101 091400606 6910001342611200306A094101FIRST BANK & TRUST     ACME PROCESSING");
  return `${[header, ...batch1, ...batch2, control, ...Array.from({ length: 8 }, () => nines)].join("\n")}\n`;
};

export const NACHA = nachaFile();

export const STRIPE = `balance_transaction_id,source_id,payment_intent_id,charge_id,created,available_on,automatic_payout_effective_at,currency,gross,fee,net,reporting_category,payment_method_type,card_brand,card_country,card_funding,description,trace_id_status,automatic_payout_id,customer_facing_amount,customer_facing_currency,payment_metadata[order_id]
txn_1,ch_1,pi_1,ch_1,2026-11-18 09:00:00,2026-11-20,2026-11-20 00:00:00,eur,100.00,1.75,98.25,charge,card,visa,DE,credit,"Order 1, two items",,po_1,100.00,eur,O-1
txn_2,ch_2,pi_2,ch_2,2026-11-18 10:00:00,2026-11-20,2026-11-20 00:00:00,eur,50.00,1.00,49.00,charge,card,visa,US,credit,Order 2,,po_1,58.20,usd,O-2
txn_3,re_1,pi_1,ch_1,2026-11-19 08:00:00,2026-11-20,2026-11-20 00:00:00,eur,-20.00,0.00,-20.00,refund,card,visa,DE,credit,Refund of order 1,,po_1,-20.00,eur,O-1
txn_4,fee_1,,,2026-11-19 08:30:00,2026-11-20,2026-11-20 00:00:00,eur,-2.25,0.00,-2.25,fee,,,,,Radar,,po_1,,,
txn_5,po_1,,,2026-11-20 00:00:00,2026-11-20,2026-11-20 00:00:00,eur,-125.00,0.00,-125.00,payout,,,,,Payout,supported,po_1,,,
txn_6,dp_1,pi_9,ch_9,2026-11-20 07:00:00,2026-11-22,,eur,15.00,0.00,15.00,dispute_reversal,card,visa,DE,credit,Dispute won,,,15.00,eur,O-9
`;

export const ADYEN = `Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10
ACME,ACME_EU,PSP1,O-1,visa,2026-10-25 02:30:00,CEST,Settled,MOD1,EUR,,100.00,1,EUR,,98.40,,0.30,0.50,0.80,visacredit,,77,,,,,,,
ACME,ACME_EU,PSP2,O-2,mc,2026-10-25 02:30:00,CET,Settled,MOD2,USD,,50.00,0.92,EUR,,45.00,1.00,,,,mcdebit,,77,,,,,,,
ACME,ACME_EU,PSP1,O-1,visa,2026-10-26 09:00:00,CET,Refunded,MOD3,EUR,10.00,,1,EUR,10.10,,0.10,,,,visacredit,R-1,77,,,,,,,
ACME,ACME_EU,,,,2026-10-26 10:00:00,CET,Fee,Transaction Fees,,,,,EUR,3.30,,,,,,,,77,,,,,,,
ACME,ACME_EU,,,,2026-10-26 23:00:00,CET,MerchantPayout,"TX77, batch 77",,,,,EUR,130.00,,,,,,,,77,,,,,,,
`;
