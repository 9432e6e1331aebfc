import type { Command, Option } from "commander";
import type { Settings } from "../../server/config/settings";
import { ConcordanceError } from "../../server/domain/errors";
import type { Lake } from "../../server/lake/lake";
import { openProcessLake } from "../../server/process/open-lake";
import { dateRunText, runDates } from "./run-final";
import { deliveriesText, listStatements, takeAgain, takenText, takeStatements } from "./statements";

/** What every command of this program shares. */
export interface CommandParts {
  settings(): Settings;
  lakeOption(): Option;
  jsonOption(): Option;
  out(text: string): Promise<void>;
  json(value: unknown): Promise<void>;
  /** The work was done and failed: exit code 1. */
  fail(): void;
}

/** `statements take`, `statements list` and `run`. */
export function addMoneyCommands(program: Command, parts: CommandParts): void {
  addStatements(program, parts);
  addRun(program, parts);
}

function addStatements(program: Command, parts: CommandParts): void {
  const { lakeOption, jsonOption, out, json, fail } = parts;
  const statements = program
    .command("statements")
    .description("statement files: take in, list (docs/reconciliation.md)");
  statements
    .command("take [files...]")
    .description("read files, check their control totals, book what is new; a faulty file is refused whole")
    .option("--again <n>", "instead of files: judge the kept bytes of this refused delivery anew", Number)
    .option("--source <name>", "read by the settings of this source (CONCORDANCE_STATEMENTS)")
    .option("--options <file>", "YAML or JSON: format, account, zone, CSV mapping ...")
    .addOption(lakeOption())
    .addOption(jsonOption())
    .action(
      async (paths: string[], o: { again?: number; source?: string; options?: string; lake?: string; json?: true }) => {
        const { statementsPath } = parts.settings();
        const request = { paths, options: o.options ?? null, source: o.source ?? null, statementsPath };
        const { again } = o;
        if ((again === undefined) === (paths.length === 0)) throw nothingToTake();
        const taken = await withLake(parts, o.lake, async (lake) =>
          again === undefined ? takeStatements(lake, request) : [await takeAgain(lake, again, request)],
        );
        await (o.json === true ? json(taken) : out(takenText(taken)));
        if (taken.some(({ outcome }) => outcome === "refused")) fail();
      },
    );
  statements
    .command("list")
    .description("deliveries, newest first")
    .option("--limit <n>", "how many", Number, 100)
    .addOption(lakeOption())
    .addOption(jsonOption())
    .action(async (o: { limit: number; lake?: string; json?: true }) => {
      const deliveries = await withLake(parts, o.lake, (lake) => listStatements(lake, o.limit));
      await (o.json === true ? json(deliveries) : out(deliveriesText(deliveries)));
    });
}

const nothingToTake = () =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "nothing_to_take",
    message: "Neither files nor a delivery to take again were named, or both.",
    remedy: "Name files, or --again with the number of a refused delivery.",
  });

function addRun(program: Command, parts: CommandParts): void {
  const { lakeOption, jsonOption, out, json } = parts;
  program
    .command("run <index>")
    .description("build a final index for a business date or a range; reconciliation")
    .requiredOption("--date <date>", "business date YYYY-MM-DD")
    .option("--to <date>", "up to this date")
    .option("--dry-run", "print the business diff, write nothing")
    .option("--settings <file>", "YAML or JSON with the index's settings (default: those in force, CONCORDANCE_FINALS)")
    .addOption(lakeOption())
    .addOption(jsonOption())
    .action(
      async (
        index: string,
        o: { date: string; to?: string; dryRun?: true; settings?: string; lake?: string; json?: true },
      ) => {
        const request = {
          index,
          date: o.date,
          to: o.to ?? null,
          dryRun: o.dryRun === true,
          settings: o.settings ?? null,
          finalsPath: parts.settings().finalsPath,
        };
        await withLake(parts, o.lake, (lake) =>
          runDates(lake, request, (run) => (o.json === true ? json(run) : out(dateRunText(run)))),
        );
      },
    );
}

async function withLake<T>(
  { settings }: CommandParts,
  address: string | undefined,
  work: (lake: Lake) => Promise<T>,
): Promise<T> {
  const s = settings();
  const { lake, close } = await openProcessLake(s, address ?? s.lake);
  try {
    return await work(lake);
  } finally {
    close();
  }
}
