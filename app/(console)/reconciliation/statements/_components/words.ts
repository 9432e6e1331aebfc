import type { Tone } from "@/components/ui/status-badge";
import type { StatementFile } from "@/server/indexes/reconciliation/contract-statements";

const FORMATS: Readonly<Record<string, string>> = {
  camt053: "camt.053",
  mt940: "MT940",
  bai2: "BAI2",
  nacha: "NACHA returns",
  csv: "CSV",
  stripe: "Stripe payouts",
  adyen: "Adyen settlement",
};
export const formatName = (format: string | null): string =>
  format === null ? "not recognised" : (FORMATS[format] ?? format);

const WAYS: Readonly<Record<string, string>> = {
  landing: "landing folder",
  upload: "upload",
  command_line: "command line",
  rest: "REST API",
};
export const wayName = (way: string | null): string => (way === null ? "—" : (WAYS[way] ?? way));

/** A state as its word and tone. A refused file that was accepted since wants nobody any more. */
export function stateOf({ outcome, resolvedBy }: Pick<StatementFile, "outcome" | "resolvedBy">): [Tone, string] {
  if (outcome === "accepted") return ["good", "accepted"];
  return resolvedBy === null ? ["bad", "refused"] : ["neutral", "refused, accepted since"];
}

/** "1.2 MB": powers of a thousand. */
export function sizeText(bytes: number | bigint): string {
  const units = ["B", "kB", "MB", "GB"] as const;
  let [value, place] = [Number(bytes), 0];
  while (value >= 1_000 && place < units.length - 1) {
    value /= 1_000;
    place++;
  }
  return `${value.toFixed(place === 0 || value >= 100 ? 0 : 1)} ${units[place]}`;
}

export const countText = (value: number): string => value.toLocaleString("en-US");

/** "12 of 40 new": how much of what a file holds is booked with it. */
export const newOf = (fresh: number, all: number): string =>
  fresh === all ? countText(all) : `${countText(fresh)} new of ${countText(all)}`;
