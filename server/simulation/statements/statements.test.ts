import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCardTokenizer } from "../../domain/card";
import { compileDecoder } from "../../pipeline/decode/decoder";
import { loadMapping } from "../../pipeline/mapping/load";
import type { StatementDetail, StatementEntry, StatementOutcome, StatementTotals } from "../../statements/model";
import { readStatements } from "../../statements/reader";
import type { SimulationOptions } from "../options";
import { runSimulation } from "../run";
import { openDirectorySink } from "../sinks/directory";
import { readTruth, type Truth, type TruthLine } from "../truth";
import { openTruthWriter } from "../truth-writer";
import { BREAK_KINDS, MATCH_KINDS } from "./kinds";
import { plainText } from "./lines";
import type { Meant } from "./publish";
import { openStatementWriter, type StatementsSummary } from "./writer";

const OPTIONS: Partial<SimulationOptions> = {
  seed: "money",
  events: 60_000,
  days: 4,
  statementDays: 2,
  breakRate: 0.03,
};

interface ReadBack {
  readonly outcome: StatementOutcome;
  readonly entries: StatementEntry[];
  readonly details: StatementDetail[];
  readonly totals: StatementTotals[];
}

interface Written {
  readonly directory: string;
  readonly truth: Truth;
  readonly meant: Map<string, Meant[]>;
  readonly summary: StatementsSummary;
}

const MOVES: ReadonlySet<string> = new Set(["SETTLED", "RETURNED", "REFUNDED", "CHARGEBACK"]);
let root: string;
let world: Written;
let files: Map<string, ReadBack>;

async function simulate(name: string, options: Partial<SimulationOptions>): Promise<Written> {
  const directory = join(root, name);
  const meant = new Map<string, Meant[]>();
  const { statements } = await runSimulation({
    options,
    sink: () => openDirectorySink(join(directory, "events")),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    statements: (resolved, truth) =>
      openStatementWriter({
        directory: join(directory, "statements"),
        options: resolved,
        tell: truth.add,
        onEntry: (one) => {
          const known = meant.get(one.file);
          if (known === undefined) meant.set(one.file, [one]);
          else known.push(one);
        },
      }),
    signal: new AbortController().signal,
  });
  if (statements === null) throw new Error("no statements were written");
  return { directory, truth: await readTruth(directory), meant, summary: statements };
}

async function readBack(path: string): Promise<ReadBack> {
  const reading = readStatements(createReadStream(path), { name: path });
  const read: Omit<ReadBack, "outcome"> = { entries: [], details: [], totals: [] };
  for await (const item of reading) {
    if (item.kind === "entry") read.entries.push(item.entry);
    else if (item.kind === "detail") read.details.push(item.detail);
    else if (item.kind === "totals") read.totals.push(item.totals);
  }
  return { ...read, outcome: reading.outcome() };
}

const statementFiles = async (directory: string): Promise<string[]> =>
  (await readdir(join(directory, "statements"), { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

const formatOf = (outcome: StatementOutcome) => (outcome.ok ? outcome.file.format : outcome.format);

const ofKind = <K extends TruthLine["kind"]>(truth: Truth, kind: K) =>
  truth.lines.filter((line): line is Extract<TruthLine, { kind: K }> => line.kind === kind);

const faulty = () =>
  new Set(ofKind(world.truth, "break").flatMap(({ name, file }) => (name === "control_total" ? [file] : [])));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "statements-test-"));
  world = await simulate("world", OPTIONS);
  files = new Map();
  for (const name of await statementFiles(world.directory)) {
    files.set(name, await readBack(join(world.directory, "statements", name)));
  }
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the statements of the simulated world", () => {
  it("are read back with every control total right, but for those told to be faulty", () => {
    const refused = [...files].filter(([, { outcome }]) => !outcome.ok);
    expect(refused.map(([name]) => name).sort()).toEqual([...faulty()].sort());
    expect(new Set(refused.map(([, { outcome }]) => formatOf(outcome))).size).toBe(6);
    for (const [, { outcome }] of refused) {
      expect(outcome.ok ? "" : outcome.fault.code).toMatch(
        /^(closing_balance|debit_total|payout_total|control_total)_mismatch$/,
      );
    }
    for (const [name, { outcome }] of files) {
      if (outcome.ok) expect([name, outcome.file.statementsUncontrolled]).toEqual([name, 0]);
    }
  });

  it("hold each booking of a bank as it was meant: amount, day, references, party, reversal", () => {
    let compared = 0;
    let groups = 0;
    for (const [file, meant] of world.meant) {
      if (meant[0]?.kind !== "bank") continue;
      const read = files.get(file);
      const date = /\d{4}-\d{2}-\d{2}/.exec(file)?.[0];
      const single = meant.flatMap((one) => (one.kind === "bank" && !one.batched ? [one.line] : []));
      const entries = read?.entries ?? [];
      const format = read === undefined ? null : formatOf(read.outcome);
      const text = format === "camt053" ? (value: string) => value : plainText;
      expect(entries.slice(0, single.length).map((entry) => bankFacts(entry, format))).toEqual(
        single.map((line) => ({
          signed: line.signedMinor,
          bankReference: line.bankReference,
          reference: hasEndToEnd(file) ? line.reference : line.shortReference,
          party: hasEndToEnd(file) ? text(line.party) : null,
          reversal: line.reversal,
        })),
      );
      expect(new Set(entries.map(({ bookingDate }) => bookingDate))).toEqual(new Set([date]));
      const batched = meant.flatMap((one) => (one.kind === "bank" && one.batched ? [one.line] : []));
      expect(entries.length).toBe(single.length + (batched.length > 0 ? 1 : 0));
      const group = entries.at(-1);
      if (batched.length > 1) {
        groups++;
        expect(group?.detailCount).toBe(batched.length);
        expect(read?.details.map(({ amount, references }) => [amount?.amountMinor, references.endToEndId])).toEqual(
          batched.map((line) => [line.signedMinor, line.reference]),
        );
        expect(group?.signedMinor).toBe(batched.reduce((sum, line) => sum + line.signedMinor, 0n));
      }
      compared += meant.length;
    }
    expect(compared).toBeGreaterThan(5_000);
    expect(groups).toBeGreaterThan(1);
  });

  it("hold each row of a processor as it was meant: gross, fee, net, rate, reference, payout", () => {
    let compared = 0;
    for (const [file, meant] of world.meant) {
      if (meant[0]?.kind !== "psp") continue;
      const rows = meant.flatMap((one) => (one.kind === "psp" ? [one] : []));
      const entries = (files.get(file)?.entries ?? []).filter(
        ({ code }) => !/^(fee|payout|Fee|MerchantPayout)$/.test(code ?? ""),
      );
      const byRow = new Map(
        entries.map((entry) => [entry.references.transactionId?.replace(/^(txn_|MOD)/, ""), entry]),
      );
      expect(byRow.size).toBe(rows.length);
      for (const { line, payout } of rows) {
        const entry = byRow.get(line.row);
        const fees = entry?.charges.reduce((sum, charge) => sum + charge.amountMinor, 0n);
        expect([entry?.signedMinor, fees]).toEqual([line.grossMinor - line.feeMinor, line.feeMinor]);
        expect(entry?.references.pspReference).toBe(line.pspReference);
        if (file.startsWith("stripe")) {
          expect([entry?.gross?.amountMinor, entry?.batchId]).toEqual([line.grossMinor, payout]);
          expect(entry?.instructed?.currency).toBe(line.facingCurrency);
        } else {
          expect(entry?.gross).toMatchObject({ amountMinor: line.facingMinor, currency: line.facingCurrency });
          expect(entry?.exchangeRate).toBe(line.rate);
        }
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(3_000);
  });

  it("hold each ACH return as it was meant, and one debit of the bank for all of a day", () => {
    const told = ofKind(world.truth, "ach_returns");
    expect(told.length).toBeGreaterThan(0);
    for (const { file, bankFile, line, entries, amountMinor } of told) {
      const meant = (world.meant.get(file) ?? []).flatMap((one) => (one.kind === "ach" ? [one.line] : []));
      const read = files.get(file)?.entries ?? [];
      expect(
        read.map(({ signedMinor, returnCode, ach, references }) => ({
          signedMinor,
          returnCode,
          trace: ach[0]?.originalTraceNumber,
          id: references.customerReference,
        })),
      ).toEqual(
        meant.map(({ amountMinor: minor, code, originalTrace, individualId }) => ({
          signedMinor: -minor,
          returnCode: code,
          trace: originalTrace,
          id: individualId,
        })),
      );
      expect(read.length).toBe(entries);
      const debit = files.get(bankFile)?.entries.find(({ references }) => references.bankReference === line);
      expect(debit?.signedMinor).toBe(-BigInt(amountMinor));
    }
  });

  it("go on from each other: a statement opens with what the one before closed with", () => {
    const told = ofKind(world.truth, "statement").filter(({ openingMinor }) => openingMinor !== null);
    const closings = new Map<string, string | null>();
    for (const { file, account, openingMinor, closingMinor } of told) {
      const before = closings.get(account);
      if (before !== undefined) expect(openingMinor).toBe(before);
      closings.set(account, closingMinor);
      const { totals = [], outcome } = files.get(file) ?? {};
      expect(outcome?.ok).toBe(true);
      expect(String(totals[0]?.closing?.amountMinor)).toBe(closingMinor);
    }
    expect(closings.size).toBe(8);
  });

  it("explain every payout to zero, and the bank books what is left", () => {
    const payouts = ofKind(world.truth, "payout");
    const breaks = ofKind(world.truth, "break");
    expect(payouts.length).toBeGreaterThan(5);
    for (const payout of payouts) {
      const [gross, refunds, chargebacks, fees, net] = [
        payout.grossMinor,
        payout.refundsMinor,
        payout.chargebacksMinor,
        payout.feesMinor,
        payout.netMinor,
      ].map(BigInt) as [bigint, bigint, bigint, bigint, bigint];
      expect(gross - refunds - chargebacks - fees - net).toBe(0n);
      const planted = breaks.find(({ other }) => other === payout.id);
      const booked = [...files.values()].flatMap(({ entries }) =>
        entries.filter(({ references }) => references.endToEndId === payout.id),
      );
      // Other deliveries of the same statement hold it too.
      const amounts = new Set(booked.map(({ signedMinor }) => signedMinor));
      if (planted?.name === "missing_external") expect(amounts.size).toBe(0);
      else expect([...amounts]).toEqual([planted === undefined ? net : BigInt(planted.found ?? "")]);
    }
  });
});

function hasEndToEnd(file: string): boolean {
  return !file.startsWith("bank-kwd");
}

function bankFacts(entry: StatementEntry, format: string | null) {
  const { references } = entry;
  const free = references.endToEndId === null && format === "mt940" && entry.counterparty === null;
  return {
    signed: entry.signedMinor,
    bankReference: references.bankReference,
    reference: free ? references.customerReference : references.endToEndId,
    party: entry.counterparty?.name ?? null,
    reversal: entry.reversal,
  };
}

describe("a run with statements", () => {
  it("is a function of its options, to the byte of every file", async () => {
    const small = { ...OPTIONS, events: 6_000, days: 2 };
    const [one, other] = [await simulate("one", small), await simulate("other", small)];
    const bytes = async ({ directory }: Written) =>
      Promise.all(
        (await statementFiles(directory)).map(async (name) => [
          name,
          await readFile(join(directory, "statements", name), "utf8"),
        ]),
      );
    expect(await bytes(one)).toEqual(await bytes(other));
    expect(one.truth.lines).toEqual(other.truth.lines);
    const third = await simulate("third", { ...small, seed: "else" });
    expect(await statementFiles(third.directory)).not.toEqual([]);
    expect(third.truth.lines).not.toEqual(one.truth.lines);
  }, 60_000);

  it("leaves nothing behind but statements and their terms", async () => {
    const entries = await readdir(join(world.directory, "statements"), { withFileTypes: true });
    expect(entries.filter((entry) => !entry.isFile()).map(({ name }) => name)).toEqual(["terms"]);
    expect(entries.filter(({ name }) => name.endsWith(".part"))).toEqual([]);
  });

  it("without planted breaks is clean: every line is a payment's, every payment has its line or is in flight", async () => {
    const { truth, summary } = await simulate("clean", { ...OPTIONS, events: 10_000, breakRate: 0 });
    const planted = ofKind(truth, "break").filter(({ name, other }) => name !== "control_total" && other === null);
    expect(planted).toEqual([]);
    expect(summary.clean + summary.inFlight).toBe(summary.moved);
  }, 60_000);
});

describe("what is planted in them", () => {
  it("has every kind of break and of near break, each with its ids", () => {
    const breaks = ofKind(world.truth, "break");
    const near = ofKind(world.truth, "near_break");
    expect([...new Set(breaks.map(({ name }) => name))].sort()).toEqual([...BREAK_KINDS].sort());
    expect([...new Set(near.map(({ name }) => name))].sort()).toEqual([...MATCH_KINDS].sort());
  });

  it("adds up: moved = clean + near + broken + in flight, as many as the events say", async () => {
    const { moved, clean, near, broken, inFlight } = world.summary;
    expect(clean + near + broken + inFlight).toBe(moved);
    expect(near).toBe(ofKind(world.truth, "near_break").length);
    expect(inFlight).toBeGreaterThan(0);
    const { decode } = compileDecoder({
      mapping: await loadMapping("config/mappings/concordance-transactions.yaml"),
      tokenize: createCardTokenizer(Buffer.alloc(32, 7)),
      recordBytesMax: 1 << 20,
      nowMicros: () => 2_000_000_000_000_000n,
    });
    const events = await readFile(join(world.directory, "events", "transactions.ndjson"), "latin1");
    const seen = new Set<string | null>();
    for (const [index, line] of events.split("\n").entries()) {
      const decoded = decode({ bytes: Buffer.from(line, "latin1"), position: BigInt(index) });
      if (!decoded.ok || !("status" in decoded.value)) continue;
      if (MOVES.has(decoded.value.status)) seen.add(decoded.value.dedupeKey);
    }
    expect(moved).toBe(seen.size);
  });
});
