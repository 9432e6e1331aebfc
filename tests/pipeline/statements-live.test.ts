import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { openProcessLake } from "../../server/process/open-lake";
import { type Answer, awaitAnswer, leaveTicket } from "../../server/statements/intake/inbox";
import { keepBytes } from "../../server/statements/intake/plan";
import { CAMT, camtEntry, camtFile, camtStatement } from "../../server/statements/testing/samples";
import { until } from "../support/product";
import { smallSettings, temporaryDirectory } from "../support/world";

const DAYS = 30;
const TAKEN_WITHIN_MS = 400_000;

let directory: string;
let remove: () => Promise<void>;
let opened: { lake: Lake; close(): void };
const running = new Set<ChildProcess>();

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const settings = smallSettings(directory);
  opened = await openProcessLake(settings, settings.lake);
});
afterAll(async () => {
  await Promise.all([...running].map((child) => stop(child)));
  opened?.close();
  await remove?.();
});

function startIntake(): ChildProcess {
  const child = spawn(process.execPath, ["scripts/worker.mjs", "intake"], {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: undefined,
      CONCORDANCE_DATA: directory,
      CONCORDANCE_LAKE: join(directory, "lake"),
      CONCORDANCE_CACHE: join(directory, "cache"),
      CONCORDANCE_DUCKDB_MEMORY_MB: "512",
    },
  });
  running.add(child);
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "close");
  child.kill(signal);
  await gone;
}

async function rows(table: string, select: string): Promise<unknown[][]> {
  const { files, spec } = await opened.lake.table(table).refresh();
  const connection = await opened.lake.db.connect();
  try {
    const scan = await scanSql(opened.lake.store, spec, files);
    return (await connection.runAndReadAll(select.replace("{t}", () => scan))).getRowsJson();
  } finally {
    connection.closeSync();
  }
}

/** A day of the account: two equal bookings and one of its own, going on where the day before ended. */
const dayFile = (day: number): string => {
  const ten = camtEntry({ amount: "10.00" });
  const own = camtEntry({ amount: "1.00", body: `<AcctSvcrRef>OWN-${day}</AcctSvcrRef>` });
  const opening = 100 + day * 21;
  const number = day + 1;
  return camtFile([
    camtStatement({ number, opening: `${opening}.00`, closing: `${opening + 21}.00`, entries: [ten, ten, own] }),
  ])
    .replace("MSG-1", `MSG-${day}`)
    .replaceAll("2026-11-20", `2026-10-${String(number).padStart(2, "0")}`);
};

async function drop(source: string, name: string, content: string): Promise<void> {
  const folder = join(directory, "lake", "landing", "statements", source);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `.${name}`), content);
  await rename(join(folder, `.${name}`), join(folder, name));
}

const upload = async (name: string, content: string): Promise<string> => {
  const { fileHash } = await keepBytes(opened.lake.store, Buffer.from(content));
  const delivery = { way: "upload", source: null, by: "somebody" } as const;
  return leaveTicket(opened.lake.store, { name, fileHash, options: {}, delivery });
};
const answered = (id: string): Promise<Answer | null> =>
  awaitAnswer(opened.lake.store, id, TAKEN_WITHIN_MS, new AbortController().signal);

describe("statement files that arrive while two intake processes run", () => {
  it(
    "are booked once each, by whatever way and however often they come, though a process is killed at its work",
    async () => {
      const [first] = [startIntake(), startIntake()];
      const tickets: string[] = [];
      for (let day = 0; day < DAYS; day++) {
        const name = `bank-${String(day).padStart(2, "0")}.xml`;
        await drop("bank", name, dayFile(day));
        if (day % 3 === 0) await drop("archive", `copy-${name}`, dayFile(day));
        if (day % 5 === 0) tickets.push(await upload(`upload-${name}`, dayFile(day)));
      }
      await until(async () => Number((await rows("statement_files", "SELECT count(*) FROM {t}"))[0]?.[0]) >= 5);
      await stop(first, "SIGKILL");
      startIntake();
      const answers = await Promise.all(tickets.map(answered));
      const folder = join(directory, "lake", "landing", "statements");
      await until(async () => {
        const left = [join(folder, "bank"), join(folder, "archive")].map((path) => readdir(path).catch(() => []));
        return (await Promise.all(left)).flat().length === 0;
      });
      expect(answers.map((answer) => answer?.kind === "taken" && answer.result.outcome)).toEqual(
        answers.map(() => "accepted"),
      );
      const [lines] = await rows(
        "statement_lines",
        "SELECT count(*)::INT, count(DISTINCT line_key)::INT, sum(amount_minor)::INT FROM {t}",
      );
      expect(lines).toEqual([DAYS * 3, DAYS * 3, DAYS * 2_100]);
      const [statements] = await rows(
        "statements",
        "SELECT count(*)::INT, count(DISTINCT statement_key)::INT, max(closing_minor)::VARCHAR FROM {t}",
      );
      expect(statements).toEqual([DAYS, DAYS, String((100 + DAYS * 21) * 100)]);
      // One row for each content: what comes again writes nothing.
      const [files] = await rows("statement_files", "SELECT count(*)::INT, count(DISTINCT file_hash)::INT FROM {t}");
      expect(files).toEqual([DAYS, DAYS]);
    },
    TAKEN_WITHIN_MS,
  );

  it(
    "are refused with the difference, kept, and accepted later under what is said of them",
    async () => {
      await drop("bank", "short.xml", CAMT.replace("180.25", "180.26"));
      await until(
        async () => (await rows("statement_files", "SELECT name FROM {t} WHERE outcome = 'refused'")).length === 1,
      );
      const told = await rows(
        "statement_files",
        "SELECT fault_code, fault_expected, fault_found, way, source, file_hash FROM {t} WHERE outcome = 'refused'",
      );
      const fileHash = String(told[0]?.[5]);
      expect(told[0]?.slice(0, 5)).toEqual([
        "closing_balance_mismatch",
        expect.stringContaining("180.25"),
        expect.stringContaining("180.26"),
        "landing",
        "bank",
      ]);
      const raw = await opened.lake.store.get(`statements/raw/${fileHash}`);
      expect(Buffer.from(raw).toString()).toContain("180.26");

      const csv = "day;text;amount\n2026-11-20;rent;-5,00\n2026-11-20;sale;7,50\n";
      const unread = await answered(await upload("account.csv", csv));
      expect(unread).toMatchObject({
        kind: "taken",
        result: { outcome: "refused", fault: { code: "unknown_format" } },
      });
      const { fileHash: kept } = await keepBytes(opened.lake.store, Buffer.from(csv));
      const mapping = {
        delimiter: ";",
        account: { constant: "DE1" },
        currency: { constant: "EUR" },
        booking_date: { from: "day", format: "iso", zone: "UTC" },
        amount: { signed: "amount" },
        decimal_mark: ",",
        remittance: "text",
      };
      const again = await leaveTicket(opened.lake.store, {
        name: "account.csv",
        fileHash: kept,
        options: { format: "csv", mapping } as never,
        delivery: { way: "upload", source: null, by: "somebody" },
      });
      expect(await answered(again)).toMatchObject({
        kind: "taken",
        result: { outcome: "accepted", known: false, entriesNew: 2 },
      });
    },
    TAKEN_WITHIN_MS,
  );
});
