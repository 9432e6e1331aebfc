import type { Person } from "../auth/scope";
import type { Queries } from "../db/connect";
import { deleteView, insertView, setDefaultView, updateView, viewById, viewsOf } from "../db/saved-views";
import { ConcordanceError } from "../domain/errors";
import { formatInstant } from "../domain/time";
import { ROLES, type Role } from "../indexes/names";
import {
  type ChangeViewCommand,
  ColumnArrangement,
  type SavedView,
  type SavedViews,
  type SaveViewCommand,
} from "./views-contract";

const isAdmin = ({ roles }: Person) => roles.includes("admin");

/** One shares with one's own roles; an administrator with any. An auditor changes nothing for others. */
const mayShareWith = (person: Person): Role[] =>
  ROLES.filter((role) => isAdmin(person) || (role !== "auditor" && person.roles.includes(role)));

/** The views of a table this person made or is given by a role; an administrator sees every shared one. */
export async function listViews(db: Queries, person: Person, table: string): Promise<SavedViews> {
  const roles = isAdmin(person) ? ROLES : person.roles;
  const { views, defaultId } = await viewsOf(db, { personId: person.id, roles, table });
  return {
    mayShareWith: mayShareWith(person),
    views: views.map((view): SavedView => {
      const columns = ColumnArrangement.safeParse(view.columns);
      return {
        id: view.id,
        name: view.name,
        query: view.query,
        columns: columns.success ? columns.data : null,
        sharedWith: ROLES.find((role) => role === view.sharedWith) ?? null,
        owner: view.owner,
        own: view.userId === person.id,
        editable: view.userId === person.id || isAdmin(person),
        isDefault: view.id === defaultId,
        at: formatInstant(BigInt(view.at.getTime()) * 1000n),
      };
    }),
  };
}

/** Keeps a new view; returns its id. */
export async function saveView(db: Queries, person: Person, command: SaveViewCommand): Promise<{ id: string }> {
  expectShareable(person, command.sharedWith);
  const { table, ...view } = command;
  return { id: await insertView(db, person, { ...view, page: table }) };
}

/** Changes a view this person may change; throws `no_such_view` for one it may not see. */
export async function changeView(db: Queries, person: Person, command: ChangeViewCommand): Promise<{ id: string }> {
  const { id, ...change } = command;
  const before = await expectEditable(db, person, id);
  if (change.sharedWith !== undefined && change.sharedWith !== before.sharedWith) {
    expectShareable(person, change.sharedWith);
  }
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  await updateView(db, person, before, given);
  return { id };
}

export async function removeView(db: Queries, person: Person, id: string): Promise<{ id: string }> {
  await deleteView(db, person, await expectEditable(db, person, id));
  return { id };
}

/** Chooses what this person's table opens with; null: as it was made. */
export async function chooseDefault(
  db: Queries,
  person: Person,
  { table, id }: { table: string; id: string | null },
): Promise<{ id: string | null }> {
  if (id !== null) {
    const view = await expectSeen(db, person, id);
    if (view.page !== table) throw noSuchView();
  }
  await setDefaultView(db, person, table, id);
  return { id };
}

async function expectSeen(db: Queries, person: Person, id: string) {
  const view = await viewById(db, id);
  if (view === null) throw noSuchView();
  const shared = view.sharedWith !== null && (isAdmin(person) || person.roles.some((role) => role === view.sharedWith));
  if (view.userId !== person.id && !shared) throw noSuchView();
  return view;
}

async function expectEditable(db: Queries, person: Person, id: string) {
  const view = await expectSeen(db, person, id);
  if (view.userId === person.id || isAdmin(person)) return view;
  throw new ConcordanceError({
    kind: "forbidden",
    code: "not_your_view",
    message: `The view “${view.name}” is shared with you; only who made it, or an administrator, changes it.`,
    remedy: "Save it as a view of your own.",
  });
}

function expectShareable(person: Person, role: Role | null): void {
  const allowed = mayShareWith(person);
  if (role === null || allowed.includes(role)) return;
  throw new ConcordanceError({
    kind: "forbidden",
    code: "may_not_share",
    message: `You may not share a view with ${role}.`,
    remedy: allowed.length === 0 ? "Keep it for yourself." : `Share it with one of: ${allowed.join(", ")}.`,
  });
}

const noSuchView = () =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_view",
    message: "This view does not exist, or is no longer shared with you.",
    remedy: "Choose another from the list.",
  });
