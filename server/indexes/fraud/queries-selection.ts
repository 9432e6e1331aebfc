import type { AuthorizedScope } from "../../auth/scope";
import { activeSnoozes } from "../../db/cases";
import { ConcordanceError } from "../../domain/errors";
import { formatInstant } from "../../domain/time";
import { asOfOf } from "../../query/reader";
import { text, whole } from "../../query/values";
import type { QueueFilter } from "./contract";
import { SELECTION_MAX, type Selection, type SelectionCommand } from "./contract-selection";
import { conditionOf, type FraudSources, queueSql, statusCondition } from "./queries";
import { ALERTS, PARTY_DAYS } from "./tables";

/** Every case under the filter now: how many, their sums per currency, and the pin by which an act finds the same ones. */
export async function readSelection(
  sources: FraudSources,
  scope: AuthorizedScope,
  filter: QueueFilter,
  signal?: AbortSignal,
): Promise<Selection> {
  // Before the cases are looked at: what is changed from here on counts as changed since.
  const selectedAt = formatInstant(BigInt(Date.now()) * 1000n);
  const [casesTable, snoozes] = await Promise.all([sources.cases.fresh(), activeSnoozes(sources.database.db)]);
  const condition = conditionOf(filter, scope.person.id);
  return sources.reader.read({ name: "fraud.selection", signal }, async (view) => {
    const rows = await view.rows(
      `SELECT currency, exponent, amount_minor IS NULL AS bare, count(*) AS cases, sum(amount_minor)::VARCHAR AS total
         FROM (${await queueSql(view, condition, casesTable, snoozes)})
        WHERE ${statusCondition(filter)} GROUP BY ALL ORDER BY currency, exponent`,
      condition.parameters,
    );
    const priced = rows.filter((row) => row.bare === false);
    const count = (some: typeof rows) => some.reduce((sum, row) => sum + whole(row, "cases"), 0);
    return {
      cases: count(rows),
      sums: priced.map((row) => ({
        amountMinor: BigInt(text(row, "total")),
        currency: text(row, "currency"),
        exponent: whole(row, "exponent"),
        cases: whole(row, "cases"),
      })),
      withoutAmount: count(rows.filter((row) => row.bare === true)),
      pin: { alertsVersion: view.snapshot(ALERTS.name).version, selectedAt },
      asOf: asOfOf(view, [ALERTS.name], PARTY_DAYS.name, "last_event_time"),
    };
  });
}

/** The alerts a selection meant that still match; throws `selection_changed` where there are more than the person was told. */
export async function resolveSelection(
  sources: FraudSources,
  scope: AuthorizedScope,
  { filter, pin, cases }: SelectionCommand,
): Promise<string[]> {
  const { files } = await sources.reader.lake.table(ALERTS.name).at({ version: pin.alertsVersion });
  const [casesTable, snoozes] = await Promise.all([sources.cases.fresh(), activeSnoozes(sources.database.db)]);
  const condition = conditionOf(filter, scope.person.id);
  const ids = await sources.reader.read({ name: "fraud.resolveSelection" }, async (view) => {
    const rows = await view.rows(
      `SELECT alert_id FROM (${await queueSql(view, condition, casesTable, snoozes, files)})
        WHERE ${statusCondition(filter)} LIMIT ${SELECTION_MAX + 1}`,
      condition.parameters,
    );
    return rows.map((row) => text(row, "alert_id"));
  });
  if (ids.length <= cases) return ids;
  throw new ConcordanceError({
    kind: "conflict",
    code: "selection_changed",
    message: `${ids.length > SELECTION_MAX ? `More than ${SELECTION_MAX}` : ids.length} cases match now, ${cases} were selected. Nothing was changed.`,
    remedy: "A case was handed back or a snooze ended meanwhile: select again.",
  });
}
