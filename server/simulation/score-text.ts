import type { BalanceScore, RuleScore, ScoreReport } from "./score";
import type { BreakReport, BreakScore } from "./statements/score-breaks";

/** The report as a table for a terminal, with examples of what is wrong. */
export function formatScore({ rules, balance, otherAlerts, breaks }: ScoreReport): string {
  const percent = (share: number | null) => (share === null ? "-" : `${(share * 100).toFixed(2)} %`);
  const header = ["rule", "expected", "found", "missed", "extra", "precision", "recall"];
  const rows = rules.map((score) => [
    score.rule,
    ...[score.expected, score.found, score.missed, score.extra].map(String),
    percent(score.precision),
    percent(score.recall),
  ]);
  const wrong = balance.filter(({ expected, actual }) => expected !== actual);
  const lines = [
    ...table([header, ...rows]),
    ...rules.flatMap(examples),
    "",
    balanceLine(balance, wrong),
    ...wrong.map(({ stream, measure, expected, actual }) => `  ${stream} ${measure}: ${actual}, expected ${expected}`),
  ];
  if (breaks !== null) lines.push("", ...breakLines(breaks));
  if (otherAlerts > 0) lines.push(`${otherAlerts} alerts about other events left out.`);
  return `${lines.join("\n")}\n`;
}

function balanceLine(balance: readonly BalanceScore[], wrong: readonly BalanceScore[]): string {
  if (balance.length === 0) return "balance: the truth holds none yet";
  return wrong.length === 0
    ? `balance: all ${balance.length} figures as expected`
    : `balance: ${wrong.length} of ${balance.length} figures differ`;
}

function breakLines({ reconciled, kinds }: BreakReport): string[] {
  const count = (value: number | null) => (value === null ? "-" : String(value));
  const rows = kinds.map(({ name, expected, found, missed, wrong, extra }) => [
    name,
    ...[expected, found, missed, wrong, extra].map(count),
  ]);
  const told = reconciled ? [] : ["reconciliation: the lake holds none yet, so only what is expected can be told"];
  return [
    ...told,
    ...table([["break", "expected", "found", "missed", "wrong", "extra"], ...rows]),
    ...kinds.flatMap(breakExamples),
  ];
}

function breakExamples({
  name,
  missed,
  wrong,
  extra,
  missedExamples,
  wrongExamples,
  extraExamples,
}: BreakScore): string[] {
  const line = (what: string, count: number | null, shown: readonly string[]) =>
    (count ?? 0) === 0 ? [] : [`${name}, ${what}: ${shown.join("; ")}${(count ?? 0) > shown.length ? "; ..." : ""}`];
  return [
    ...line("missed", missed, missedExamples),
    ...line("wrong", wrong, wrongExamples),
    ...line("extra", extra, extraExamples),
  ];
}

function examples({ rule, missed, extra, missedExamples, extraExamples }: RuleScore): string[] {
  const line = (what: string, count: number, shown: readonly string[]) =>
    count === 0 ? [] : [`${rule}, ${what}: ${shown.join("; ")}${count > shown.length ? "; ..." : ""}`];
  return [...line("missed", missed, missedExamples), ...line("extra", extra, extraExamples)];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  "),
  );
}
