import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { writeAudit } from "../../db/audit";
import { addNote, type CaseChange, type ChangedCases, changeCases, setSnooze } from "../../db/cases";
import { namesOf, peopleWithRoles } from "../../db/people";
import { ConcordanceError } from "../../domain/errors";
import { formatInstant } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import { writeParquet } from "../../lake/parquet";
import { scanSql } from "../../lake/scan";
import type {
  AssignCommand,
  CaseNote,
  CasesChanged,
  NoteCommand,
  SnoozeCommand,
  UnblacklistCommand,
  Unblacklisted,
  VerdictCommand,
} from "./contract";
import { ACTIVE_BLACKLIST_SQL } from "./ingest";
import type { FraudSources } from "./queries";
import { countAlerts } from "./queries-alert";
import { BLACKLIST, BLACKLIST_REMOVALS } from "./tables";

const SNOOZE_DAYS_MAX = 30;
const WORKERS = ["fraud_analyst", "admin"] as const;

/** A decided case stays with whom it was, else with who decides; null where it is so already. */
export const decided =
  (verdict: VerdictCommand["verdict"], personId: string): CaseChange["next"] =>
  (before) =>
    before?.status === verdict ? null : { status: verdict, assigneeId: before?.assigneeId ?? personId };

/** With a person the case is assigned, with nobody new again; null where it is so already. */
export const assigned = (assigneeId: string | null): CaseChange["next"] => {
  const status = assigneeId === null ? "new" : "assigned";
  return (before) =>
    (before?.status ?? "new") === status && (before?.assigneeId ?? null) === assigneeId ? null : { status, assigneeId };
};

/** Decides cases: the verdict, its note and its audit rows happen together or not at all. */
export async function giveVerdict(
  sources: FraudSources,
  { person }: AuthorizedScope,
  command: VerdictCommand,
): Promise<CasesChanged> {
  await expectAlerts(sources, command.alertIds);
  const changed = await changeCases(sources.database.db, person, {
    alertIds: command.alertIds,
    expectedVersion: command.expectedVersion,
    note: command.note === "" ? null : command.note,
    action: "case.verdict",
    next: decided(command.verdict, person.id),
  });
  return tellChanged(sources, changed);
}

/** Gives cases to a person, or back to the queue. A decided case is opened again. */
export async function assignCases(
  sources: FraudSources,
  { person }: AuthorizedScope,
  command: AssignCommand,
): Promise<CasesChanged> {
  const assigneeId = command.assignee === "me" ? person.id : command.assignee;
  if (assigneeId !== null) await expectWorker(sources, assigneeId);
  await expectAlerts(sources, command.alertIds);
  const changed = await changeCases(sources.database.db, person, {
    alertIds: command.alertIds,
    expectedVersion: null,
    note: null,
    action: "case.assign",
    next: assigned(assigneeId),
  });
  return tellChanged(sources, changed);
}

export async function writeNote(
  sources: FraudSources,
  { person }: AuthorizedScope,
  { alertId, text }: NoteCommand,
): Promise<CaseNote> {
  await expectAlerts(sources, [alertId]);
  const { alertId: _alertId, ...note } = await addNote(sources.database.db, person, alertId, text);
  return note;
}

/** Hides a rule's alerts of one entity from the queue until an instant; null shows them again. */
export async function snoozeRule(
  sources: FraudSources,
  { person }: AuthorizedScope,
  { rule, entityId, until, reason }: SnoozeCommand,
): Promise<{ until: string | null }> {
  const untilMs = until === null ? null : Date.parse(until);
  if (untilMs !== null && (untilMs <= Date.now() || untilMs > Date.now() + SNOOZE_DAYS_MAX * 86_400_000)) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_snooze",
      message: `A snooze ends between now and ${SNOOZE_DAYS_MAX} days ahead.`,
      remedy: "Choose another instant.",
    });
  }
  await setSnooze(sources.database.db, person, { rule, entityId, untilMs, reason });
  return { until: untilMs === null ? null : formatInstant(BigInt(untilMs) * 1000n) };
}

/**
 * Takes a party off the blacklist: one row in the lake, where every rule looks. The audit row is committed before it, so
 * that no removal is without one; a removal that then fails is told by a second row.
 */
export async function unblacklist(
  sources: FraudSources,
  { person }: AuthorizedScope,
  command: UnblacklistCommand,
): Promise<z.infer<typeof Unblacklisted>> {
  const { partyId, role, rule, reason } = command;
  const active = await activeEntries(sources, partyId);
  if (!active.some((entry) => entry.role === role && entry.rule === rule)) {
    throw new ConcordanceError({
      kind: "conflict",
      code: "not_blacklisted",
      message: `${partyId} is not on the blacklist as ${role} by ${rule}, or no longer.`,
      remedy: "Read the list again.",
    });
  }
  const audit = (action: string) =>
    sources.database.db.transaction((tx) =>
      writeAudit(tx, person, [{ action, targetType: "party", target: partyId, detail: { role, rule, reason } }]),
    );
  await audit("blacklist.remove");
  try {
    return { ...(await appendRemoval(sources, person.id, command)), stillActive: active.length - 1 };
  } catch (error) {
    await audit("blacklist.remove_failed");
    throw error;
  }
}

async function activeEntries({ reader }: FraudSources, partyId: string): Promise<{ role: string; rule: string }[]> {
  const { lake } = reader;
  const [blacklist, removals] = await Promise.all(
    [BLACKLIST, BLACKLIST_REMOVALS].map(async (spec) =>
      scanSql(lake.store, spec, (await lake.table(spec.name).refresh()).files),
    ),
  );
  return reader.read({ name: "fraud.unblacklist" }, async (view) => {
    const rows = await view.rows(
      `SELECT DISTINCT role, rule FROM (${ACTIVE_BLACKLIST_SQL(blacklist ?? "", removals ?? "")}) WHERE party_id = $id`,
      { id: partyId },
    );
    return rows.map((row) => ({ role: String(row.role), rule: String(row.rule) }));
  });
}

async function appendRemoval({ reader }: FraudSources, personId: string, command: UnblacklistCommand) {
  const { lake } = reader;
  const nowMicros = BigInt(Date.now()) * 1000n;
  const connection = await lake.db.connect();
  try {
    const values = [command.partyId, command.role, command.rule].map(sqlText).join(", ");
    const file = await writeParquet({
      connection,
      spec: BLACKLIST_REMOVALS,
      store: lake.store,
      expectedRows: 1,
      selectSql: `SELECT * FROM (VALUES (${values}, make_timestamptz(${nowMicros}), ${sqlText(personId)}, ${sqlText(command.reason)}))
        t(party_id, role, rule, removed_at, removed_by, reason)`,
    });
    if (file === null) {
      throw new ConcordanceError({ kind: "internal", code: "nothing_written", message: "The removal wrote no row." });
    }
    const outcome = await lake
      .table(BLACKLIST_REMOVALS.name)
      .commit({ adds: [file], marks: [], operation: "WRITE", info: { act: "unblacklist" } });
    if (outcome.kind !== "committed") {
      throw new ConcordanceError({
        kind: "conflict",
        code: "removal_not_committed",
        message: "The removal was not committed.",
        remedy: "Try again.",
      });
    }
    reader.renew();
    return { removedAt: formatInstant(nowMicros), lakeVersion: outcome.version };
  } finally {
    connection.closeSync();
  }
}

/** People a case can be given to. */
export const readAssignees = async ({ database }: FraudSources) => ({
  people: await peopleWithRoles(database.db, WORKERS),
});

export async function expectWorker(sources: FraudSources, personId: string): Promise<void> {
  const people = await peopleWithRoles(sources.database.db, WORKERS);
  if (people.some(({ id }) => id === personId)) return;
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "not_an_analyst",
    message: "Cases can be given to fraud analysts and administrators only.",
    remedy: "Choose another person.",
  });
}

async function expectAlerts(sources: FraudSources, alertIds: readonly string[]): Promise<void> {
  const wanted = new Set(alertIds);
  const found = await countAlerts(sources, [...wanted]);
  if (found === wanted.size) return;
  throw new ConcordanceError({
    kind: "not_found",
    code: "no_such_alert",
    message: `${wanted.size - found} of ${wanted.size} alerts do not exist. Nothing was changed.`,
    remedy: "Read the queue again.",
  });
}

async function tellChanged(sources: FraudSources, { changed, unchanged }: ChangedCases): Promise<CasesChanged> {
  await sources.cases.took(changed);
  const names = await namesOf(
    sources.database.db,
    changed.flatMap(({ assigneeId }) => assigneeId ?? []),
  );
  return {
    changed: changed.length,
    unchanged,
    cases: changed.map(({ alertId, status, assigneeId, version }) => ({
      alertId,
      status,
      assigneeId,
      assigneeName: assigneeId === null ? null : (names.get(assigneeId) ?? null),
      caseVersion: version,
    })),
  };
}
