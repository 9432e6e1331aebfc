import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CALENDARS } from "../calendar/calendars";
import type { Lag } from "../calendar/shift";
import type { Rail, RailTerms, ReturnWindow } from "./rail";
import { RAILS } from "./rails";

const PAGE = readFileSync(new URL("../../../docs/calendars.md", import.meta.url), "utf8");

const UNITS = { business_days: "business day", calendar_days: "calendar day", months: "month" };

const days = ({ unit, count }: Lag) =>
  count === 0 ? "the same day" : `${count} ${UNITS[unit]}${count === 1 ? "" : "s"}`;

function settling(terms: RailTerms): string {
  if (terms.instantSeconds !== undefined) return `within ${terms.instantSeconds} s`;
  const windows = (terms.windows ?? []).map(({ until, settlesAt }) => `${until} → ${settlesAt}`);
  const limit = terms.windowLimitMinor ?? 0n;
  const sameDay = windows.length === 0 ? "" : `${windows.join(", ")} up to ${limit / 100n}; else `;
  return `${sameDay}${days(terms.settle)}${terms.settlesAt === undefined ? "" : `, ${terms.settlesAt}`}`;
}

function termsRow(rail: Rail, terms: RailTerms): string {
  const { time, dayOffset } = terms.cutOff;
  const cutOff = `${time}${dayOffset === 1 ? " of the next day" : ""}${terms.cutOffSetBy === "bank" ? " (bank)" : ""}`;
  return `| \`${rail.id}\` | ${terms.since ?? ""} | ${rail.calendar} | ${cutOff} | ${settling(terms)} | ${terms.source} |`;
}

function returnRow(rail: Rail, window: ReturnWindow): string {
  const codes = window.codes?.join(", ") ?? "any other";
  const until = window.lags === null ? "no limit" : window.lags.map(days).join(" + ") || "the same day";
  const hour = window.until === undefined ? "" : `, ${window.until}`;
  return `| \`${rail.id}\` | ${codes} | ${window.kind} | ${until}${hour} | ${window.source} |`;
}

describe("docs/calendars.md", () => {
  it.each(Object.values(RAILS).map((rail): [string, Rail] => [rail.id, rail]))(
    "shows the terms and returns of %s",
    (_, rail) => {
      const rows = [
        ...rail.terms.map((terms) => termsRow(rail, terms)),
        ...rail.returns.map((window) => returnRow(rail, window)),
      ];
      expect(rows.filter((row) => !PAGE.includes(row))).toEqual([]);
    },
  );

  it("shows no rail there is not, and every calendar with its version", () => {
    const named = [...PAGE.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1] ?? "");
    const known = new Set([...Object.keys(RAILS), ...Object.keys(CALENDARS)]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    for (const calendar of Object.values(CALENDARS)) expect(PAGE).toContain(`| \`${calendar.id}\` | ${calendar.name}`);
  });
});
