import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { ConcordanceError } from "../../domain/errors";
import { createZoneClock, dayNumber } from "../../domain/time";
import { patternFault } from "../decode/time-text";
import { type FieldRule, type Format, KNOWN_PAYMENT_TYPES, KNOWN_STATUSES, Mapping } from "./schema";

/** Reads and checks a mapping file (YAML or JSON). Throws code `bad_mapping` with every fault listed. */
export async function loadMapping(path: string): Promise<Mapping> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ConcordanceError({
      kind: "config",
      code: "mapping_unreadable",
      message: `The mapping ${path} cannot be read.`,
      remedy: "Check the path and its permissions.",
      at: { path },
      cause,
    });
  });
  return parseMapping(text, path);
}

export function parseMapping(text: string, path: string): Mapping {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    throw badMapping(path, [cause instanceof Error ? cause.message : String(cause)]);
  }
  const parsed = Mapping.safeParse(document);
  if (!parsed.success)
    throw badMapping(
      path,
      parsed.error.issues.flatMap((issue) => faultsOf(issue)),
    );
  const faults = [...checkMeaning(parsed.data)];
  if (faults.length > 0) throw badMapping(path, faults);
  return parsed.data;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** For a union the alternative that came nearest is told: the one with the fewest and deepest faults. */
function faultsOf(issue: Issue, prefix: readonly PropertyKey[] = []): string[] {
  const path = [...prefix, ...issue.path];
  const nearest = [...(issue.errors ?? [])].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
  if (nearest !== undefined && nearest.length > 0) return nearest.flatMap((inner) => faultsOf(inner, path));
  return [`${path.map(String).join(".") || "(top)"}: ${issue.message}`];
}

const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

const badMapping = (path: string, faults: readonly string[]) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_mapping",
    message: `The mapping ${path} has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    remedy: "Correct each line; docs/mappings.md describes every field.",
    at: { path },
  });

function* checkMeaning(mapping: Mapping): Generator<string> {
  yield* checkZone("business_zone", mapping.business_zone);
  const time = mapping.event_time;
  yield* checkFormat(mapping.format);
  for (const key of ["zone", "pattern", "unit", "start"] as const) {
    if (time[key] !== undefined && !TIME_KEYS[key].has(time.format))
      yield `event_time.${key}: means nothing with format ${time.format}`;
  }
  if (time.format === "pattern") {
    const fault =
      time.pattern === undefined ? "a pattern is needed, such as d/M/yyyy H:mm" : patternFault(time.pattern);
    if (fault !== null) yield `event_time.pattern: ${fault}`;
  }
  if (time.format === "local" || time.format === "pattern") {
    if (time.zone === undefined) yield "event_time.zone: a local time needs the zone its clock ran in";
    else yield* checkZone("event_time.zone", time.zone);
  }
  if (time.format === "step") {
    if (time.unit === undefined) yield "event_time.unit: step needs days, hours, minutes or seconds";
    if (time.start === undefined) yield "event_time.start: step needs the date it counts from";
    else yield* checkDate("event_time.start", time.start);
  }
  const known = knownNames(mapping.format);
  for (const [where, name] of pathsOf(mapping, "")) {
    if (known !== null && !known.has(name))
      yield `${where}: there is no column "${name}"; the columns are ${[...known].join(", ")}`;
  }
  if (mapping.produces !== "transactions") return;
  yield* checkTargets("fields.payment_type", mapping.fields.payment_type, KNOWN_PAYMENT_TYPES);
  yield* checkTargets("fields.status", mapping.fields.status, KNOWN_STATUSES);
  if (mapping.fields.merchant_id === undefined && mapping.fields.counterparty_id === undefined) {
    yield "fields: merchant_id or counterparty_id must be mapped";
  }
}

function* checkZone(where: string, zone: string): Generator<string> {
  try {
    createZoneClock(zone);
  } catch {
    yield `${where}: "${zone}" is not an IANA time zone`;
  }
}

function* checkDate(where: string, date: string): Generator<string> {
  try {
    dayNumber(date);
  } catch {
    yield `${where}: "${date}" is not a date YYYY-MM-DD`;
  }
}

const TIME_KEYS: Readonly<Record<"zone" | "pattern" | "unit" | "start", ReadonlySet<string>>> = {
  zone: new Set(["local", "pattern"]),
  pattern: new Set(["pattern"]),
  unit: new Set(["step"]),
  start: new Set(["step"]),
};

function* checkFormat(format: Format): Generator<string> {
  if (format.type === "json") return;
  const twice = format.columns.filter((column, index) => format.columns.indexOf(column) !== index);
  if (twice.length > 0) yield `format.columns: ${twice.join(", ")} stands there twice`;
  if (format.columns.includes("position"))
    yield `format.columns: "position" is the record's own position; name it otherwise`;
  if (format.type !== "prefixed_json") return;
  for (const column of Object.keys(format.where ?? {})) {
    if (!format.columns.includes(column)) yield `format.where.${column}: there is no such column before the JSON`;
  }
}

/** Constants and map targets of an enumerated field must be of the enumeration. */
function* checkTargets(where: string, rule: FieldRule, known: ReadonlySet<string>): Generator<string> {
  if (typeof rule === "string") return;
  const targets: string[] = [];
  if ("constant" in rule) targets.push(rule.constant);
  if ("cases" in rule) targets.push(...rule.cases.map((entry) => entry.value));
  if ("map" in rule) targets.push(...Object.values(rule.map ?? {}));
  if ("otherwise" in rule && rule.otherwise !== undefined) targets.push(rule.otherwise);
  if ("default" in rule && rule.default !== undefined) targets.push(rule.default);
  for (const target of targets) {
    if (!known.has(target)) yield `${where}: "${target}" is not one of ${[...known].join(", ")}`;
  }
}

/** Names a record can have; null where JSON decides. */
function knownNames(format: Format): ReadonlySet<string> | null {
  return format.type === "csv" ? new Set([...format.columns, "position"]) : null;
}

const PATH_KEYS = new Set(["from", "field", "minor", "decimal"]);

function* pathsOf(value: unknown, where: string): Generator<readonly [string, string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = where === "" ? key : `${where}.${key}`;
    if (typeof inner === "string") {
      if (PATH_KEYS.has(key) || isDirectPath(where, key)) yield [at, inner];
      if (key === "template") for (const match of inner.matchAll(/\{([^}]+)\}/g)) yield [at, match[1] ?? ""];
    } else if (key === "product" && Array.isArray(inner)) {
      for (const name of inner) yield [at, String(name)];
    } else if (key !== "format" && key !== "map" && key !== "exponents") yield* pathsOf(inner, at);
  }
}

/** `fields.user_id: CustomerID` is short for `{ from: CustomerID }`. */
const isDirectPath = (where: string, key: string): boolean =>
  where === "fields" ||
  where === "fields.originator" ||
  where === "fields.beneficiary" ||
  (where === "amount" && key === "currency");
