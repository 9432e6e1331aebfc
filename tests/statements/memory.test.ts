import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { readStatements } from "../../server/statements/reader";
import { camtEntry, camtFile, camtPayment, camtStatement } from "../../server/statements/testing/samples";

const MIB = 1024 * 1024;
const GROWTH_BYTES_MAX = 50 * MIB;
/** A batch control counts to 999,999 records, so half a million returns with their addenda come in several batches. */
const [BATCHES, RETURNS_A_BATCH] = [10, 50_000];
const RECORDS_A_CHUNK = 1_000;
const INSTITUTION = 9_140_060n;
const HASH_MODULUS = 10_000_000_000n;

const digits = (value: bigint | number, width: number): string => value.toString().padStart(width, "0");
const padded = (text: string): string => text.padEnd(94);
const chunk = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join("\n")}\n`);

/** A return file made as it is read: the whole of it never stands in memory. */
function* returnFile(): Generator<Buffer> {
  let debits = 0n;
  yield chunk([padded("101 091400606 6910001342611200306A094101FIRST BANK & TRUST     ACME PROCESSING")]);
  for (let batch = 1; batch <= BATCHES; batch++) {
    const number = digits(batch, 7);
    yield chunk([padded(`5200ACME CORP${" ".repeat(27)}1234567890WEBPAYMENT         261118324109140060${number}`)]);
    debits += yield* returnsOf(batch);
    const totals = totalsOf(RETURNS_A_BATCH, batchDebits());
    yield chunk([`8200${digits(RETURNS_A_BATCH * 2, 6)}${totals}1234567890${" ".repeat(25)}09140060${number}`]);
  }
  const records = 2 + BATCHES * (2 + RETURNS_A_BATCH * 2);
  const counts = `${digits(BATCHES, 6)}${digits(Math.ceil(records / 10), 6)}${digits(BATCHES * RETURNS_A_BATCH * 2, 8)}`;
  yield chunk([padded(`9${counts}${totalsOf(BATCHES * RETURNS_A_BATCH, debits)}`)]);
}

const amountOf = (index: number): number => 100 + (index % 9_999);
const totalsOf = (entries: number, debits: bigint): string =>
  `${digits((INSTITUTION * BigInt(entries)) % HASH_MODULUS, 10)}${digits(debits, 12)}${digits(0, 12)}`;

function batchDebits(): bigint {
  let sum = 0n;
  for (let index = 0; index < RETURNS_A_BATCH; index++) sum += BigInt(amountOf(index));
  return sum;
}

function* returnsOf(batch: number): Generator<Buffer, bigint> {
  let lines: string[] = [];
  for (let index = 0; index < RETURNS_A_BATCH; index++) {
    const trace = `09140060${digits(batch * RETURNS_A_BATCH + index, 7)}`;
    lines.push(
      `626091400606${digits(index, 9).padEnd(17)}${digits(amountOf(index), 10)}${`C-${index}`.padEnd(15)}${"Paul Jones".padEnd(22)}  1${trace}`,
      `799R01${trace}      09100001${" ".repeat(44)}${trace}`,
    );
    if (lines.length < RECORDS_A_CHUNK) continue;
    yield chunk(lines);
    lines = [];
  }
  return batchDebits();
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const held = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe("memory", () => {
  it("reads 500,000 returns holding less than 50 MB more than before, table of identities included", async () => {
    const count = BATCHES * RETURNS_A_BATCH;
    const before = held();
    let most = 0;
    let entries = 0;
    const reading = readStatements(returnFile(), { name: "returns.ach" });
    for await (const item of reading) {
      if (item.kind !== "entry") continue;
      entries++;
      if (entries % 50_000 === 0) most = Math.max(most, held());
    }
    const outcome = reading.outcome();
    expect(outcome.ok ? outcome.file.entries : outcome.fault).toBe(count);
    expect(entries).toBe(count);
    expect(most).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
  }, 240_000);

  it("reads one camt.053 entry of 50,000 payments without holding them", async () => {
    const before = held();
    let [most, details] = [0, 0];
    const reading = readStatements(largeBatch(50_000), { name: "batch.xml" });
    for await (const item of reading) {
      if (item.kind !== "detail") continue;
      details++;
      if (details % 5_000 === 0) most = Math.max(most, held());
    }
    expect(reading.outcome().ok).toBe(true);
    expect(details).toBe(50_000);
    expect(most - before).toBeLessThan(GROWTH_BYTES_MAX / 5);
  }, 240_000);
});

function* largeBatch(payments: number): Generator<Buffer> {
  const [before, after] = camtFile([
    camtStatement({
      opening: "0.00",
      closing: `${payments}.00`,
      entries: [
        camtEntry({
          amount: `${payments}.00`,
          body: `<NtryDtls><Btch><NbOfTxs>${payments}</NbOfTxs></Btch>@</NtryDtls>`,
        }),
      ],
    }),
  ]).split("@");
  yield Buffer.from(before ?? "");
  for (let index = 0; index < payments; index++) yield Buffer.from(camtPayment(`E2E-${index}`, "1.00"));
  yield Buffer.from(after ?? "");
}
