import type { AuthorizedScope } from "../../auth/scope";
import { changeCases } from "../../db/cases";
import type { SelectionChanged, SelectionCommand } from "./contract-selection";
import { assigned, decided, expectWorker } from "./mutations";
import type { FraudSources } from "./queries";
import { resolveSelection } from "./queries-selection";

/**
 * Does one act to every case a filter selected, in one transaction with an audit row each. Alerts that came after the
 * selection are not touched; cases somebody else changed since are left alone and counted.
 */
export async function changeSelection(
  sources: FraudSources,
  scope: AuthorizedScope,
  command: SelectionCommand,
): Promise<SelectionChanged> {
  const { act, cases, pin } = command;
  const { person } = scope;
  const assignee =
    act.kind === "assign" && act.assignee === "me" ? person.id : act.kind === "assign" ? act.assignee : null;
  if (assignee !== null) await expectWorker(sources, assignee);
  const alertIds = await resolveSelection(sources, scope, command);
  const { changed, unchanged, leftAlone } = await changeCases(sources.database.db, person, {
    alertIds,
    expectedVersion: null,
    unlessChangedSinceMs: Date.parse(pin.selectedAt),
    note: act.kind === "verdict" && act.note !== "" ? act.note : null,
    action: act.kind === "verdict" ? "case.verdict" : "case.assign",
    next: act.kind === "verdict" ? decided(act.verdict, person.id) : assigned(assignee),
  });
  await sources.cases.took(changed);
  // Those that no longer match are with somebody else as well.
  return { changed: changed.length, unchanged, leftAlone: leftAlone + cases - alertIds.length };
}
