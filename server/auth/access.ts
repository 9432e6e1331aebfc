import { INDEX_NAMES, INDEX_READERS, INDEX_WRITERS, INDEXES, type IndexName, type Role } from "../indexes/names";

/** What a person may do with an index. */
export type Action = "read" | "write";

/** Everything access is decided over: the indexes, and the reads that cross them. */
export type Area = IndexName | "statements" | "overview" | "search" | "trace" | "freshness";

const EVERY_ROLE: readonly Role[] = [
  "fraud_analyst",
  "finance",
  "treasury",
  "partnerships",
  "marketing",
  "compliance",
  "ops",
  "admin",
  "auditor",
];

/** Reads that cross indexes show each role only what it may see of them. Marketing has no business with single payments. */
const CROSS_READERS: Readonly<Record<Exclude<Area, IndexName>, readonly Role[]>> = {
  overview: EVERY_ROLE,
  freshness: EVERY_ROLE,
  search: EVERY_ROLE,
  statements: ["finance", "treasury", "ops", "compliance", "admin", "auditor"],
  trace: EVERY_ROLE.filter((role) => role !== "marketing"),
};

/** Whoever deals with banks brings their files, whoever may decide breaks or not. */
const CROSS_WRITERS: Readonly<Partial<Record<Area, readonly Role[]>>> = {
  statements: ["finance", "treasury", "ops", "admin"],
};

const isIndex = (area: Area): area is IndexName => INDEX_NAMES.some((name) => name === area);

/** Roles that may do this. The one table every procedure, export and page is checked against (PRODUCT.md section 5). */
export function rolesFor(area: Area, action: Action): readonly Role[] {
  if (!isIndex(area)) return action === "read" ? CROSS_READERS[area] : (CROSS_WRITERS[area] ?? []);
  return action === "read" ? INDEX_READERS[area] : INDEX_WRITERS[area];
}

export const mayAccess = (roles: readonly Role[], area: Area, action: Action): boolean =>
  rolesFor(area, action).some((role) => roles.includes(role));

/** Names and accounts: hidden unless the role works with them. */
export const MASKED_COLUMNS = [
  "originator_name",
  "originator_account",
  "beneficiary_name",
  "beneficiary_account",
  "name",
  "birth_date",
  "address",
  "identification_number",
] as const;

const SEES_NAMES: readonly Role[] = ["fraud_analyst", "compliance", "admin", "auditor"];
/** Columns of payment rows and of `dim_customers`; a merchant's name is public. */
export const seesNames = (roles: readonly Role[]): boolean => SEES_NAMES.some((role) => roles.includes(role));

const HOMES: readonly (readonly [Role, IndexName])[] = [
  ["fraud_analyst", "fraud"],
  ["finance", "reconciliation"],
  ["treasury", "settlement"],
  ["ops", "ops"],
  ["partnerships", "merchants"],
];

/** The page a person works in: the first after sign-in. */
export function homeOf(roles: readonly Role[]): string {
  for (const [role, index] of HOMES) {
    if (roles.includes(role) && !roles.includes("admin")) return INDEXES[index].pages[0].path;
  }
  return "/overview";
}
