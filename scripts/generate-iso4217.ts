/**
 * Writes server/domain/iso4217.ts from the ISO 4217 list in CSV (columns AlphabeticCode, NumericCode, MinorUnit, WithdrawalDate).
 * Usage: tsx scripts/generate-iso4217.ts codes-all.csv
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "csv-parse/sync";

const [, , input] = process.argv;
if (input === undefined) throw new Error("usage: tsx scripts/generate-iso4217.ts codes-all.csv");
const rows: Record<string, string>[] = parse(readFileSync(input, "utf8"), { columns: true });
const exponents = new Map<string, number>();
for (const row of rows) {
  const code = row.AlphabeticCode ?? "";
  if (!/^[A-Z]{3}$/.test(code) || (row.WithdrawalDate ?? "") !== "") continue;
  if (!/^\d$/.test(row.MinorUnit ?? "")) continue;
  exponents.set(code, Number(row.MinorUnit));
}
const lines = [...exponents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, exponent]) => `  ${code}: ${exponent},`);
writeFileSync(
  "server/domain/iso4217.ts",
  `/** Minor units of the currencies in use (ISO 4217). Written by scripts/generate-iso4217.ts; not edited by hand. */
export const ISO_4217_EXPONENTS: Readonly<Record<string, number>> = {
${lines.join("\n")}
};
`,
);
