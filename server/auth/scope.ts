import { ConcordanceError } from "../domain/errors";
import type { Role } from "../indexes/names";
import { type Action, type Area, mayAccess, rolesFor, seesNames } from "./access";

/** A signed-in person. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
}

declare const minted: unique symbol;

/** Proof that a person may do something in an area. Only `authorize` makes one, so a read that takes it cannot be reached unchecked. */
export interface AuthorizedScope {
  readonly [minted]: true;
  readonly person: Person;
  readonly area: Area;
  readonly action: Action;
  /** False: names and accounts must be hidden. */
  readonly seesNames: boolean;
  /** May this person also read another area? For the parts of an answer that belong to one. */
  readonly mayRead: (area: Area) => boolean;
}

/** Throws `forbidden` naming the roles that would allow it. */
export function authorize(person: Person, area: Area, action: Action): AuthorizedScope {
  if (!mayAccess(person.roles, area, action)) {
    const allowed = rolesFor(area, action);
    throw new ConcordanceError({
      kind: "forbidden",
      code: "role_missing",
      message: `Your roles (${person.roles.join(", ") || "none"}) may not ${action} ${area}.`,
      remedy: allowed.length === 0 ? "Nobody may do this." : `Ask an administrator for one of: ${allowed.join(", ")}.`,
      at: { area, action },
    });
  }
  return {
    person,
    area,
    action,
    seesNames: seesNames(person.roles),
    mayRead: (other: Area) => mayAccess(person.roles, other, "read"),
  } as AuthorizedScope;
}
