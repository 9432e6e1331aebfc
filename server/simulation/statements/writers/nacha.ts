import { type BusinessDate, dayNumber } from "../../../domain/time";
import { type AchReturn, plainText } from "../lines";

const ODFI = "09140060";
const COMPANY = "1234567890";
const CHECK_DIGIT = "6";
const BLOCK = 10;
const HASH_MODULUS = 10_000_000_000n;
/** Checking account, return of a debit (Nacha Operating Rules, appendix 3). */
const RETURNED_DEBIT = "26";

/** A file of ACH returns: one batch, each entry with its addenda 99, records of 94 columns in blocks of ten. */
export async function* writeNachaReturns(
  date: BusinessDate,
  entries: AsyncIterable<AchReturn>,
  faultMinor: bigint,
): AsyncGenerator<string> {
  const day = date.slice(2).replaceAll("-", "");
  const julian = String(dayNumber(date) - dayNumber(`${date.slice(0, 4)}-01-01`) + 1).padStart(3, "0");
  let [records, count, hash, debitMinor] = [0, 0, 0n, 0n];
  const record = (text: string): string => {
    records++;
    return `${text.padEnd(94)}\n`;
  };
  const digits = (value: bigint | number, width: number): string => value.toString().padStart(width, "0");
  yield record(
    `101 ${ODFI}${CHECK_DIGIT} ${COMPANY.slice(0, 9)}${day}2330A094101${"CONCORDANCE SIM".padEnd(23)}${"FIRST BANK".padEnd(23)}`,
  );
  yield record(
    `5200${"CONCORDANCE SIM".padEnd(16)}${" ".repeat(20)}${COMPANY}PPD${"RETURNS".padEnd(10)}${" ".repeat(6)}${day}${julian}1${ODFI}0000001`,
  );
  for await (const entry of entries) {
    const receiver = entry.originalTrace.slice(0, 8);
    count += 2;
    hash += BigInt(receiver);
    debitMinor += entry.amountMinor;
    const [account, name] = [
      plainText(entry.account).slice(0, 17).padEnd(17),
      plainText(entry.name).slice(0, 22).padEnd(22),
    ];
    yield record(
      `6${RETURNED_DEBIT}${receiver}${CHECK_DIGIT}${account}${digits(entry.amountMinor, 10)}${entry.individualId.padEnd(15)}${name}  1${entry.trace}`,
    );
    yield record(`799${entry.code}${entry.originalTrace}${" ".repeat(6)}${receiver}${" ".repeat(44)}${entry.trace}`);
  }
  const totals = `${digits(hash % HASH_MODULUS, 10)}${digits(debitMinor + faultMinor, 12)}${digits(0, 12)}`;
  yield record(`8200${digits(count, 6)}${totals}${COMPANY}${" ".repeat(25)}${ODFI}0000001`);
  const blocks = Math.ceil((records + 1) / BLOCK);
  yield record(`9000001${digits(blocks, 6)}${digits(count, 8)}${totals}`);
  while (records % BLOCK !== 0) yield record("9".repeat(94));
}

const traceOf = (institution: string, sequence: number): string =>
  `${institution}${String(sequence % 10_000_000).padStart(7, "0")}`;

/** The trace number our bank gave an entry, and the one the receiver's bank gives its return. */
export const originalTraceOf = (sequence: number): string => traceOf(ODFI, sequence);
export const returnTraceOf = (sequence: number): string => traceOf("12100035", sequence);
