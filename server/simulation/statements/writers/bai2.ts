import type { BusinessDate } from "../../../domain/time";
import { type BankLine, closingOf, magnitude, plainText, type StatementHeader } from "../lines";

/** BAI2 detail codes: credits 100 to 399, debits 400 to 699. */
const CREDITS: Readonly<Record<string, string>> = {
  ACH: "142",
  DIRECT_DEBIT: "165",
  WIRE: "195",
  RTP: "158",
  P2P: "158",
  CHECK: "175",
  PAYOUT: "142",
};
/** What is debited for returned items together is an ACH settlement; a return of one payment has a code that says so. */
const DEBITS: Readonly<Record<string, string>> = { ACH_RETURNS: "466" };
const [CREDIT_ELSE, DEBIT_ELSE, PROCESSOR] = ["142", "455", "ORIGINATOR"];
const [CHECK_RETURNED, CREDIT_REVERSAL] = ["555", "552"];

/** A BAI2 file of one account: amounts in minor units, one 88 a label of the text, totals of account, group and file. */
export async function* writeBai2(header: StatementHeader, lines: AsyncIterable<BankLine>): AsyncGenerator<string> {
  const { number, institution, currency, date, sequence, openingMinor, totals } = header;
  const day = short(date);
  const closingMinor = closingOf(header);
  let control = openingMinor + closingMinor + totals.creditMinor + totals.debitMinor;
  let records = 0;
  yield `01,${institution},CONCORDANCE,${day},2330,${sequence},,,2/\n`;
  yield `02,CONCORDANCE,${institution},1,${day},2400,${currency},2/\n`;
  yield `03,${number},${currency},010,${openingMinor},,,015,${closingMinor},,/\n`;
  yield `88,100,${totals.creditMinor},${totals.credits},,400,${totals.debitMinor},${totals.debits},/\n`;
  records += 2;
  for await (const line of lines) {
    const amount = magnitude(line.signedMinor);
    const code = codeOf(line);
    const side = line.signedMinor < 0n ? "C" : "D";
    const labels = [
      ["EREF", line.reference],
      [`${side}BNM`.replace("CBNM", "CRNM"), line.party],
      [`${side}ACT`, line.partyAccount],
      ["REMI", line.returnCode === null ? line.text : `${line.text} RETURN ${line.returnCode}`],
    ].flatMap(([label, value]) => (value === null ? [] : [`88,${label}: ${plainText(value ?? "")}\n`]));
    yield `16,${code},${amount},0,${line.bankReference},${line.shortReference ?? ""},${line.kind.replaceAll("_", " ")} ${PROCESSOR}\n${labels.join("")}`;
    control += amount;
    records += 1 + labels.length;
  }
  yield `49,${control},${records + 1}/\n98,${control},1,${records + 3}/\n99,${control},1,${records + 5}/\n`;
}

function codeOf({ kind, reversal, signedMinor }: BankLine): string {
  if (signedMinor >= 0n) return CREDITS[kind] ?? CREDIT_ELSE;
  if (reversal) return kind === "CHECK" ? CHECK_RETURNED : CREDIT_REVERSAL;
  return DEBITS[kind] ?? DEBIT_ELSE;
}

const short = (date: BusinessDate): string => date.slice(2).replaceAll("-", "");
