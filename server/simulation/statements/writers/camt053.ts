import { formatMinor } from "../../../domain/money";
import { type BankLine, closingOf, magnitude, type StatementHeader } from "../lines";

/** Names of the ISO 20022 bank transaction codes: family and sub-family of payments received. */
const CODES: Readonly<Record<string, string>> = {
  DIRECT_DEBIT: "RDDT/ESDD",
  SEPA: "RCDT/ESCT",
  STANDING_ORDER: "RCDT/STDO",
  WIRE: "RCDT/XBCT",
  RTP: "RRCT/ESCT",
  P2P: "RRCT/ESCT",
  CHECK: "RCHQ/UPCQ",
  PAYOUT: "MCRD/POSC",
};

/** A bank-to-customer statement, camt.053.001.08: balances and summary first, then the entries, the batch last. */
export async function* writeCamt053(
  header: StatementHeader,
  lines: AsyncIterable<BankLine>,
  batch: AsyncIterable<BankLine>,
): AsyncGenerator<string> {
  yield beginning(header);
  for await (const line of lines) yield entry(header, line);
  if (header.batch !== null) {
    const { id, count, amountMinor } = header.batch;
    yield `   <Ntry>${amount(header, amountMinor)}${status(header)}<AcctSvcrRef>${id}</AcctSvcrRef>${code("DIRECT_DEBIT")}<NtryDtls><Btch><PmtInfId>${id}</PmtInfId><NbOfTxs>${count}</NbOfTxs></Btch>\n`;
    for await (const line of batch) yield `    ${details(header, line)}\n`;
    yield "   </NtryDtls></Ntry>\n";
  }
  yield "  </Stmt>\n </BkToCstmrStmt>\n</Document>\n";
}

function beginning(header: StatementHeader): string {
  const { number, institution, currency, date, sequence, openingMinor, totals } = header;
  const id = `${currency}${date.replaceAll("-", "")}`;
  const iban = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(number);
  const account = iban ? `<IBAN>${number}</IBAN>` : `<Othr><Id>${number}</Id></Othr>`;
  const { credits, creditMinor, debits, debitMinor } = totals;
  const sum = (name: string, count: number, minor: bigint, more = "") =>
    `<${name}><NbOfNtries>${count}</NbOfNtries><Sum>${formatMinor(minor, header.exponent)}</Sum>${more}</${name}>`;
  const net = `<TtlNetNtry><Amt>${formatMinor(magnitude(creditMinor - debitMinor), header.exponent)}</Amt><CdtDbtInd>${creditMinor < debitMinor ? "DBIT" : "CRDT"}</CdtDbtInd></TtlNetNtry>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>M${id}</MsgId><CreDtTm>${date}T23:30:00Z</CreDtTm></GrpHdr>
  <Stmt>
   <Id>S${id}</Id><ElctrncSeqNb>${sequence}</ElctrncSeqNb><CreDtTm>${date}T23:30:00Z</CreDtTm>
   <FrToDt><FrDtTm>${date}T00:00:00Z</FrDtTm><ToDtTm>${date}T23:59:59Z</ToDtTm></FrToDt>
   <Acct><Id>${account}</Id><Ccy>${currency}</Ccy><Svcr><FinInstnId><BICFI>${institution}</BICFI></FinInstnId></Svcr></Acct>
   ${balance(header, "OPBD", openingMinor)}
   ${balance(header, "CLBD", closingOf(header))}
   <TxsSummry>${sum("TtlNtries", credits + debits, creditMinor + debitMinor, net)}${sum("TtlCdtNtries", credits, creditMinor)}${sum("TtlDbtNtries", debits, debitMinor)}</TxsSummry>
`;
}

const balance = (header: StatementHeader, type: string, minor: bigint): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp>${amount(header, minor)}<Dt><Dt>${header.date}</Dt></Dt></Bal>`;

const amount = ({ currency, exponent }: StatementHeader, minor: bigint): string =>
  `<Amt Ccy="${currency}">${formatMinor(magnitude(minor), exponent)}</Amt><CdtDbtInd>${minor < 0n ? "DBIT" : "CRDT"}</CdtDbtInd>`;

const status = ({ date }: StatementHeader): string =>
  `<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${date}</Dt></BookgDt><ValDt><Dt>${date}</Dt></ValDt>`;

function code(kind: string): string {
  const [family, sub] = (CODES[kind] ?? "RCDT/OTHR").split("/");
  return `<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>${sub}</SubFmlyCd></Fmly></Domn></BkTxCd>`;
}

function entry(header: StatementHeader, line: BankLine): string {
  const reversal = line.reversal ? "<RvslInd>true</RvslInd>" : "";
  return `   <Ntry>${amount(header, line.signedMinor)}${reversal}${status(header)}<AcctSvcrRef>${line.bankReference}</AcctSvcrRef>${code(line.kind)}<NtryDtls>${details(header, line)}</NtryDtls></Ntry>\n`;
}

/** In a reversal the parties keep the roles of what it takes back. */
function details(header: StatementHeader, line: BankLine): string {
  const role = line.signedMinor > 0n !== line.reversal ? "Dbtr" : "Cdtr";
  const account =
    line.partyAccount === null
      ? ""
      : `<${role}Acct><Id><Othr><Id>${xml(line.partyAccount)}</Id></Othr></Id></${role}Acct>`;
  const returned = line.returnCode === null ? "" : `<RtrInf><Rsn><Cd>${xml(line.returnCode)}</Cd></Rsn></RtrInf>`;
  return `<TxDtls><Refs><EndToEndId>${xml(line.reference ?? "NOTPROVIDED")}</EndToEndId></Refs>${amount(header, line.signedMinor)}<RltdPties><${role}><Pty><Nm>${xml(line.party)}</Nm></Pty></${role}>${account}</RltdPties><RmtInf><Ustrd>${xml(line.text)}</Ustrd></RmtInf>${returned}</TxDtls>`;
}

const xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
