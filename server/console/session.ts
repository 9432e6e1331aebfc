import { homeOf, mayAccess, seesNames } from "../auth/access";
import type { Person } from "../auth/scope";
import { INDEX_NAMES, INDEXES } from "../indexes/names";
import type { Me } from "./contract";

/** Who I am and what I may open. */
export function describePerson(person: Person): Me {
  const readable = INDEX_NAMES.filter((index) => mayAccess(person.roles, index, "read"));
  return {
    id: person.id,
    name: person.name,
    email: person.email,
    roles: [...person.roles],
    indexes: readable.map((name) => ({
      name,
      title: INDEXES[name].title,
      key: INDEXES[name].key,
      canWrite: mayAccess(person.roles, name, "write"),
    })),
    pages: [
      { path: "/overview", title: "Overview", section: "Overview" },
      ...readable.flatMap((name) =>
        INDEXES[name].pages.map(({ path, title }) => ({ path, title, section: INDEXES[name].title })),
      ),
    ],
    home: homeOf(person.roles),
    seesNames: seesNames(person.roles),
  };
}
