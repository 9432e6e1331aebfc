import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { closedDates } from "../../batch/record";
import { writeAudit } from "../../db/audit";
import type { Database } from "../../db/connect";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import { type BusinessDate, businessDate } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import { writeParquet } from "../../lake/parquet";
import { scanSql } from "../../lake/scan";
import type { LakeReader } from "../../query/reader";
import { text, textOrNull } from "../../query/values";
import type { HoldDone, PlaceHold, ReleaseHold } from "./contract";
import { SETTLEMENT, SETTLEMENT_HOLDS } from "./tables";

/** What a change of holds needs of the web process. */
export interface SettlementSources {
  readonly reader: LakeReader;
  readonly database: Database;
}

type Done = z.infer<typeof HoldDone>;
const DAY_MS = 86_400_000;

/** Keeps a merchant's payouts from a date on. Throws `hold_too_early` where a close has let payouts of that date go. */
export async function placeHold(sources: SettlementSources, scope: AuthorizedScope, command: PlaceHold): Promise<Done> {
  await expectMerchant(sources, command.merchantId);
  const last = await lastClose(sources);
  if (last !== null && command.from <= last) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "hold_too_early",
      message: `Payouts up to ${last} have left: a hold from ${command.from} would not keep them.`,
      remedy: `Choose ${addDays(last, 1)} or later.`,
    });
  }
  return append(sources, scope, {
    holdId: `hold-${newId()}`,
    act: "place",
    merchantId: command.merchantId,
    currency: command.currency,
    effectiveOn: command.from as BusinessDate,
    reason: command.reason,
  });
}

/**
 * Lets a merchant's payouts go again: from the next run on they are paid on the schedule's next date, the day after that run at the
 * earliest. Throws `no_such_hold`, and `hold_released` where somebody was faster.
 */
export async function releaseHold(
  sources: SettlementSources,
  scope: AuthorizedScope,
  command: ReleaseHold,
): Promise<Done> {
  const hold = await findHold(sources, command.holdId);
  if (hold === null) {
    throw new ConcordanceError({
      kind: "not_found",
      code: "no_such_hold",
      message: `There is no hold ${command.holdId}.`,
      remedy: command.holdId.startsWith("dim_merchants|")
        ? "This hold stands in the reference data of the merchant: change payout_hold there."
        : "Read the holds again.",
    });
  }
  if (hold.isReleased) throw released(command.holdId);
  const last = await lastClose(sources);
  const tomorrow = businessDate(Math.floor(Date.now() / DAY_MS) + 1);
  const afterNextRun = last === null ? tomorrow : addDays(last, 2);
  const [effectiveOn = tomorrow] = [tomorrow, afterNextRun, hold.from].sort().reverse();
  return append(sources, scope, {
    holdId: command.holdId,
    act: "release",
    merchantId: hold.merchantId,
    currency: hold.currency,
    effectiveOn,
    reason: command.reason,
  });
}

const released = (holdId: string) =>
  new ConcordanceError({
    kind: "conflict",
    code: "hold_released",
    message: `The hold ${holdId} has been released already.`,
    remedy: "Read the payout again.",
  });

async function lastClose({ reader }: SettlementSources): Promise<BusinessDate | null> {
  return closedDates(await reader.lake.table(SETTLEMENT.name).refresh(), SETTLEMENT.name).at(-1) ?? null;
}

async function expectMerchant({ reader }: SettlementSources, merchantId: string): Promise<void> {
  const known = await reader.read({ name: "settlement.merchant" }, async (view) => {
    const [row] = await view.rows(
      `SELECT (EXISTS (SELECT 1 FROM ${await view.scan("dim_merchants")} WHERE merchant_id = $id)
            OR EXISTS (SELECT 1 FROM ${await view.scan(SETTLEMENT.name)} WHERE row_kind = 'payout' AND merchant_id = $id)) AS known`,
      { id: merchantId },
    );
    return row?.known === true;
  });
  if (known) return;
  throw new ConcordanceError({
    kind: "not_found",
    code: "no_such_merchant",
    message: `There is no merchant ${merchantId}.`,
    remedy: "Look it up in the list of merchants.",
  });
}

async function findHold({ reader }: SettlementSources, holdId: string) {
  const { lake } = reader;
  const holds = await scanSql(lake.store, SETTLEMENT_HOLDS, (await lake.table(SETTLEMENT_HOLDS.name).refresh()).files);
  return reader.read({ name: "settlement.hold" }, async (view) => {
    const rows = await view.rows(`SELECT act, merchant_id, currency, effective_on FROM ${holds} WHERE hold_id = $id`, {
      id: holdId,
    });
    const placed = rows.find((row) => row.act === "place");
    if (placed === undefined) return null;
    return {
      merchantId: text(placed, "merchant_id"),
      currency: textOrNull(placed, "currency"),
      from: text(placed, "effective_on") as BusinessDate,
      isReleased: rows.some((row) => row.act === "release"),
    };
  });
}

interface Act {
  readonly holdId: string;
  readonly act: "place" | "release";
  readonly merchantId: string;
  readonly currency: string | null;
  readonly effectiveOn: BusinessDate;
  readonly reason: string;
}

/** The audit row is committed first, so that no act is without one; an act that then fails is told by a second row. */
async function append(sources: SettlementSources, { person }: AuthorizedScope, act: Act): Promise<Done> {
  const { reader, database } = sources;
  const audit = (action: string) =>
    database.db.transaction((tx) =>
      writeAudit(tx, person, [{ action, targetType: "settlement_hold", target: act.holdId, detail: { ...act } }]),
    );
  await audit(`settlement.hold_${act.act}`);
  try {
    const lakeVersion = await commitAct(sources, person.id, act);
    reader.renew();
    return { holdId: act.holdId, effectiveOn: act.effectiveOn, lakeVersion };
  } catch (error) {
    await audit(`settlement.hold_${act.act}_failed`);
    throw error;
  }
}

/** The mark lets each act on a hold happen once, whoever else asks for it at the same time. */
async function commitAct({ reader }: SettlementSources, personId: string, act: Act): Promise<number> {
  const { lake } = reader;
  const connection = await lake.db.connect();
  try {
    const values = [
      sqlText(act.holdId),
      sqlText(act.act),
      sqlText(act.merchantId),
      act.currency === null ? "NULL::VARCHAR" : sqlText(act.currency),
      `DATE '${act.effectiveOn}'`,
      sqlText(act.reason),
      sqlText(personId),
      `make_timestamptz(${BigInt(Date.now()) * 1000n})`,
    ];
    const names = SETTLEMENT_HOLDS.columns.map(({ name }) => name).join(", ");
    const file = await writeParquet({
      connection,
      spec: SETTLEMENT_HOLDS,
      store: lake.store,
      expectedRows: 1,
      selectSql: `SELECT * FROM (VALUES (${values.join(", ")})) t(${names})`,
    });
    const outcome = await lake.table(SETTLEMENT_HOLDS.name).commit({
      adds: file === null ? [] : [file],
      marks: [{ appId: `hold/${act.holdId}/${act.act}`, version: 1n, base: -1n }],
      operation: "WRITE",
      info: { act: `hold_${act.act}`, holdId: act.holdId },
    });
    if (outcome.kind === "committed") return outcome.version;
    throw released(act.holdId);
  } finally {
    connection.closeSync();
  }
}
