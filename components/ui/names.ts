/**
 * Every name of a union, in the order written; the compiler asks for one that is missing or unknown. The schemas the
 * unions come from stay on the server: they weigh more than a page.
 */
export const namesOf = <Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] =>
  Object.keys(names) as Name[];
