import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings, type Settings } from "../../server/config/settings";

/** A directory of its own that goes with the test. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "concordance-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Settings with small batches, plans and ticks, so that few events already make many commits. */
export function smallSettings(directory: string, more: Record<string, string> = {}): Settings {
  return loadSettings({
    NODE_ENV: "test",
    CONCORDANCE_LAKE: join(directory, "lake"),
    CONCORDANCE_CARD_KEY: "ab".repeat(32),
    CONCORDANCE_CACHE: join(directory, "cache"),
    CONCORDANCE_LOG_LEVEL: "silent",
    CONCORDANCE_FLUSH_ROWS: "120",
    CONCORDANCE_PLAN_RECORDS: "100",
    CONCORDANCE_TICK_ROWS: "150",
    CONCORDANCE_DUCKDB_MEMORY_MB: "512",
    ...more,
  });
}

export interface World {
  readonly path: string;
  readonly records: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: Readonly<Record<string, number>>;
  /** Payments per originator and day. */
  readonly perDay: ReadonlyMap<string, number>;
}

const random = (seed: string) => createHash("sha256").update(seed).digest().readUInt32LE(0) / 2 ** 32;

/** A small file of Concordance envelopes with every kind of trouble, and an independent count of what it holds. */
export async function writeWorld(directory: string, name: string, payments: number, users = 4): Promise<World> {
  const lines: string[] = [];
  const quarantined: Record<string, number> = {};
  const perDay = new Map<string, number>();
  let [accepted, duplicates] = [0, 0];
  const spoil = (code: string, line: string) => {
    lines.push(line);
    quarantined[code] = (quarantined[code] ?? 0) + 1;
  };
  for (let index = 0; index < payments; index++) {
    const user = `u${Math.floor(random(`${index}u`) * users)}`;
    const day = Math.floor(Math.cbrt(index / payments) * 5);
    const at = Date.UTC(2026, 0, 5 + day) + Math.floor(random(`${index}t`) * 86_000_000);
    const event = (step: number, status: string) => ({
      transaction_id: `${name}-${index}`,
      event_id: `${name}-${index}-${step}`,
      payment_type: "CARD",
      status,
      amount_minor: 100 + index,
      currency: index % 9 === 0 ? "JPY" : "EUR",
      user_id: user,
      ...(index % 3 === 0 ? { counterparty_id: `c${index % 5}` } : { merchant_id: `m${index % 4}` }),
      event_time: new Date(at + step).toISOString(),
      card_number: "4111111111111111",
      processing_ms: index % 50,
    });
    lines.push(JSON.stringify(event(0, "RECEIVED")), JSON.stringify(event(1, "SETTLED")));
    accepted += 2;
    perDay.set(`${user}/${day}`, (perDay.get(`${user}/${day}`) ?? 0) + 1);
    if (index % 13 === 5) {
      lines.push(JSON.stringify(event(0, "RECEIVED")));
      duplicates++;
    }
    if (index % 17 === 3) spoil("bad_json", '{"card":"4111111111111111"');
    if (index % 19 === 4) spoil("missing_user_id", JSON.stringify({ ...event(2, "SETTLED"), user_id: "" }));
    if (index % 23 === 7) spoil("unknown_currency", JSON.stringify({ ...event(3, "SETTLED"), currency: "XQQ" }));
  }
  const path = join(directory, `${name}.ndjson`);
  await writeFile(path, `${lines.join("\n")}\n`);
  return { path, records: lines.length, accepted, duplicates, quarantined, perDay };
}
