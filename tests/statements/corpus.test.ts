import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { STATEMENT_FAULT_CODES } from "../../server/statements/faults";
import { judgeStatements } from "../../server/statements/reader";

const ROOT = "../shared/data/statements";

/** What docs/statements.md says of each file: accepted with so many statements and entries, or refused with this code. */
const EXPECTED: Readonly<Record<string, string>> = {
  "camt053/camt053.v2.minimal.xml": "balance_currency_mismatch",
  "camt053/camt053.v2.multi.statement.xml": "2 statements, 2 entries",
  "camt053/camt053.v4.xml": "balance_currency_mismatch",
  "camt053/camt053.v8.xml": "balance_currency_mismatch",
  "mt940/asnb.txt": "31 statements, 8 entries",
  "mt940/mbank.sta": "1 statements, 3 entries",
  "mt940/sparkassen.sta": "bad_structure",
  "bai2/nwb_example.bai2": "1 statements, 5 entries",
  "bai2/sample1.txt": "2 statements, 17 entries",
  "bai2/sample4-continuations-newline-delimited.txt": "control_total_mismatch",
  "nacha/cor-example.ach": "1 statements, 1 entries",
  "nacha/return-WEB.ach": "2 statements, 2 entries",
  "nacha/return-no-batch-controls.ach": "missing_file_header",
};

describe.skipIf(!existsSync(ROOT))(
  "statement files by other hands (skipped where they are not beside the project)",
  () => {
    const files = existsSync(ROOT)
      ? readdirSync(ROOT).flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`))
      : [];

    it.each(files)("%s is read or refused for its true reason", async (file) => {
      const outcome = await judgeStatements([readFileSync(join(ROOT, file))], { name: basename(file) });
      const found = outcome.ok
        ? `${outcome.file.statements} statements, ${outcome.file.entries} entries`
        : outcome.fault.code;
      if (Object.hasOwn(EXPECTED, file)) expect(found).toBe(EXPECTED[file]);
      if (outcome.ok) expect(outcome.file.statementsUncontrolled).toBe(0);
      else expect(outcome.fault.what).not.toBe("");
    });

    it("are all named in the table of the documentation", () => {
      const page = readFileSync("docs/statements.md", "utf8");
      for (const file of files) expect(page).toContain(file);
    });
  },
);

describe("the documentation", () => {
  it("tells every fault with its remedy", () => {
    const page = readFileSync("docs/statements.md", "utf8");
    for (const [code, remedy] of Object.entries(STATEMENT_FAULT_CODES))
      expect(page).toContain(`| \`${code}\` | ${remedy} |`);
  });
});
