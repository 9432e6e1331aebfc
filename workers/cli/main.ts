import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { Command, CommanderError, Option } from "commander";
import { loadSettings } from "../../server/config/settings";
import { ConcordanceError } from "../../server/domain/errors";
import { maintain } from "../../server/lake/maintenance";
import { verifyLake } from "../../server/lake/verify";
import { createLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import type { OutputFormat } from "../../server/query/format";
import { runSql } from "../../server/query/sql";
import type { KeyStrategy, SimulationOptions } from "../../server/simulation/options";
import { scoreLake } from "../../server/simulation/score";
import { formatScore } from "../../server/simulation/score-text";
import { startEverything } from "../runtime/everything";
import { addAccount } from "./account";
import { doctor } from "./doctor";
import { exportView } from "./export";
import { type IngestReport, ingest } from "./ingest";
import { addKeyCommands } from "./keys";
import { addMoneyCommands } from "./money";
import { listQuarantine, showQuarantine } from "./quarantine";
import { simulate } from "./simulate";
import { describeTables, tablesText } from "./tables";

const EXIT = { done: 0, failed: 1, badArguments: 2 } as const;

const out = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
};
const json = (value: unknown): Promise<void> =>
  out(`${JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner), 2)}\n`);

const program = new Command("concordance")
  .description("Payment reconciliation indexes: the console's verbs for operators, scripts and cron.")
  .exitOverride()
  .showHelpAfterError();
const settings = () => loadSettings();
const lakeOption = () =>
  new Option("--lake <address>", "a directory or s3://bucket/prefix (default: CONCORDANCE_LAKE, else data/lake)");
const jsonOption = () => new Option("--json", "the result as JSON");
let exitCode: number = EXIT.done;

program
  .command("start")
  .description("everything: Postgres, workers and the console, with the simulator; goes on where it was")
  .option("--data <directory>", "where everything is kept (default: CONCORDANCE_DATA, else data)")
  .option("--port <n>", "port of the console (default: CONCORDANCE_PORT, else 3000 or the next free one)")
  .option("--tps <n>", "simulated events per second (default: CONCORDANCE_SIMULATOR_TPS, else 50)")
  .option("--no-simulator", "only what the sources file declares")
  .action(async (options: { data?: string; port?: string; tps?: string; simulator: boolean }) => {
    exitCode = await startEverything({
      data: options.data ?? null,
      port: options.port ?? null,
      tps: options.tps ?? null,
      simulator: options.simulator,
      say: (text) => process.stdout.write(`${text}\n`),
    });
  });

program
  .command("ingest")
  .description("drain files through indexer and projector, print the balance; the same input again changes nothing")
  .requiredOption("--source <name>", "name of the source the rows are booked under")
  .requiredOption("--mapping <file>", "mapping of its records (docs/mappings.md)")
  .requiredOption("--input <path...>", "files: NDJSON or CSV, plain or .gz")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (options: { source: string; mapping: string; input: string[]; lake?: string; json?: true }) => {
    const s = settings();
    const request = {
      source: options.source,
      mappingPath: options.mapping,
      inputs: options.input,
      lake: options.lake ?? s.lake,
    };
    const report = await ingest(request, s, createLogger("ingest", s.logLevel));
    await (options.json === true ? json(report) : out(reportText(report)));
    if (report.refused.length > 0) exitCode = EXIT.failed;
  });

program
  .command("sql <statement>")
  .description("one SELECT over every table of the lake, all of one instant")
  .option("--as-of <time>", "as the lake was at this instant (ISO 8601)")
  .addOption(new Option("--format <format>", "output").choices(["table", "csv", "ndjson", "json"]).default("table"))
  .addOption(lakeOption())
  .action(async (statement: string, options: { asOf?: string; format: OutputFormat; lake?: string }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      await runSql(lake, { sql: statement, asOf: options.asOf ?? null, format: options.format }, out);
    } finally {
      close();
    }
  });

program
  .command("export <index>")
  .description("rows of an index or table, e.g. fraud.alerts, merchants, transactions")
  .option("--where <condition>", "SQL condition on its columns")
  .addOption(new Option("--format <format>", "output").choices(["csv", "ndjson", "parquet"]).default("csv"))
  .option("--output <file>", "write here instead of standard output (needed for parquet)")
  .addOption(lakeOption())
  .action(
    async (
      index: string,
      options: { where?: string; format: "csv" | "ndjson" | "parquet"; output?: string; lake?: string },
    ) => {
      const s = settings();
      const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
      try {
        const file =
          options.output !== undefined && options.format !== "parquet" ? createWriteStream(options.output) : null;
        const write = async (text: string) => {
          if (file === null) return out(text);
          if (!file.write(text)) await once(file, "drain");
        };
        const request = { index, where: options.where ?? null, format: options.format, output: options.output ?? null };
        await exportView(lake, request, write);
        if (file !== null)
          await new Promise<void>((resolve, reject) =>
            file.end((error?: Error | null) => (error ? reject(error) : resolve())),
          );
      } finally {
        close();
      }
    },
  );

program
  .command("tables [name]")
  .description("path, version, rows, files, bytes and marks")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (name: string | undefined, options: { lake?: string; json?: true }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      const tables = await describeTables(lake, name ?? null);
      await (options.json === true ? json(tables) : out(tablesText(tables)));
    } finally {
      close();
    }
  });

program
  .command("verify [name]")
  .description("replay the log, re-read every file, say every difference")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (name: string | undefined, options: { lake?: string; json?: true }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      const verification = await verifyLake(lake, name ?? null);
      const lines = verification.differences.map((d) => `${d.table} ${d.where}: ${d.message}\n`).join("");
      const summary = `${verification.tables} tables, ${verification.files} files, ${verification.rows} rows: ${verification.differences.length} differences\n`;
      await (options.json === true ? json(verification) : out(lines + summary));
      if (verification.differences.length > 0) exitCode = EXIT.failed;
    } finally {
      close();
    }
  });

program
  .command("simulate")
  .description("write a synthetic payment world, seeded and repeatable, with its ground truth")
  .option("--seed <text>", "the same seed and options give the same bytes", "1")
  .option("--events <n>", "transaction events to write", Number)
  .option("--days <n>", "days they are spread over", Number)
  .option("--tps <n>", "keep this pace instead of writing as fast as it can", Number)
  .option("--speed <n>", "simulated time per real time, with --tps", Number)
  .option("--key <strategy>", "Kafka key: customer, payment, type or none")
  .option("--out <directory>", "plain files")
  .option("--kafka <brokers>", "topics transactions and fraud_signals_topic")
  .option("--landing <lake>", "landing zone of a lake in a directory")
  .option("--truth <directory>", "where the ground truth goes (default: --out, else data/truth)")
  .option("--statements <directory>", "also the bank and processor statements of it, with known breaks")
  .option("--statement-days <n>", "days of statements after the last day of events (default: 3)", Number)
  .option("--break-rate <share>", "share of movements of money planted wrong in the statements (default: 0.01)", Number)
  .option("--skew <share>", "share of all events that one merchant is given, up to 0.5", Number)
  .addOption(jsonOption())
  .action(async (o: SimulateFlags) => {
    const abort = new AbortController();
    process.once("SIGINT", () => abort.abort());
    process.once("SIGTERM", () => abort.abort());
    const summary = await simulate(
      {
        options: optionsOf(o),
        out: o.out ?? null,
        kafka: o.kafka?.split(",") ?? null,
        lake: o.landing ?? null,
        truth: o.truth ?? o.out ?? "data/truth",
        statements: o.statements ?? null,
        onProgress: (text) => process.stderr.write(process.stderr.isTTY ? `\r${text}` : `${text}\n`),
      },
      abort.signal,
    );
    await json(summary);
  });

program
  .command("score")
  .description("precision and recall per rule of a lake's alerts against a simulation's ground truth")
  .requiredOption("--truth <path>", "truth file, or a folder of them")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (options: { truth: string; lake?: string; json?: true }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      const report = await scoreLake({ lake, truthPath: options.truth });
      await (options.json === true ? json(report) : out(formatScore(report)));
    } finally {
      close();
    }
  });

program
  .command("maintain")
  .description("one pass over every table: compaction, vacuum, retention of the log")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (options: { lake?: string; json?: true }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      const facts = await maintain(lake);
      const text = facts.map(
        (f) =>
          `${f.table}: ${f.filesCompacted} files compacted into ${f.filesWritten}, ${f.filesDeleted} data and ${f.logFilesDeleted} log files deleted\n`,
      );
      await (options.json === true ? json(facts) : out(text.join("")));
    } finally {
      close();
    }
  });

const quarantine = program.command("quarantine").description("records that could not be accepted");
quarantine
  .command("list")
  .description("groups by code and source, or the rows of one code")
  .option("--code <code>", "rows of this code")
  .option("--limit <rows>", "rows at most", "100")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (options: { code?: string; limit: string; lake?: string; json?: true }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      await listQuarantine(
        lake,
        { code: options.code ?? null, limit: Number(options.limit), json: options.json === true },
        out,
      );
    } finally {
      close();
    }
  });
quarantine
  .command("show <id>")
  .description("one record: its coordinates, what is wrong, what to do, its raw bytes (card numbers masked)")
  .addOption(lakeOption())
  .action(async (id: string, options: { lake?: string }) => {
    const s = settings();
    const { lake, close } = await openProcessLake(s, options.lake ?? s.lake);
    try {
      await json(await showQuarantine(lake, id));
    } finally {
      close();
    }
  });

program
  .command("doctor")
  .description("configuration and reachability, each fault with its cure")
  .option("--mapping <file...>", "mappings to check")
  .addOption(lakeOption())
  .addOption(jsonOption())
  .action(async (options: { mapping?: string[]; lake?: string; json?: true }) => {
    const checks = await doctor({ lake: options.lake ?? null, mappings: options.mapping ?? [] });
    const text = checks.map(
      (c) =>
        `${c.ok ? "ok   " : "FAULT"} ${c.name}: ${c.message}${c.remedy === null ? "" : `\n      cure: ${c.remedy}`}\n`,
    );
    await (options.json === true ? json(checks) : out(text.join("")));
    if (checks.some((check) => !check.ok)) exitCode = EXIT.failed;
  });

const account = program.command("account").description("local accounts of the console, and API keys");
account
  .command("add")
  .description("make an account, or give more roles to the one of that address; prints the password it made")
  .requiredOption("--email <address>", "address to sign in with")
  .requiredOption("--role <role...>", "what the person may do")
  .option("--name <name>", "shown beside what the person does (default: the address)")
  .option("--password-stdin", "read the password from standard input instead of making one")
  .addOption(jsonOption())
  .action(async (o: { email: string; role: string[]; name?: string; passwordStdin?: true; json?: true }) => {
    const password = o.passwordStdin === true ? (await textOf(process.stdin)).replace(/\r?\n$/, "") : null;
    const added = await addAccount({ email: o.email, roles: o.role, name: o.name ?? null, password }, settings());
    const told = added.created
      ? `${added.email} may sign in as ${added.roles.join(", ")}.${added.password === null ? "" : ` Password, shown only now: ${added.password}`}\n`
      : `${added.email} had an account already; it now has the roles ${added.roles.join(", ")} too and keeps its password.\n`;
    await (o.json === true ? json(added) : out(told));
  });

const parts = {
  ...{ settings, lakeOption, jsonOption, out, json },
  fail: () => {
    exitCode = EXIT.failed;
  },
};
addMoneyCommands(program, parts);
addKeyCommands(account, parts);

interface SimulateFlags {
  readonly seed: string;
  readonly events?: number;
  readonly days?: number;
  readonly tps?: number;
  readonly speed?: number;
  readonly key?: KeyStrategy;
  readonly out?: string;
  readonly kafka?: string;
  readonly landing?: string;
  readonly truth?: string;
  readonly statements?: string;
  readonly statementDays?: number;
  readonly breakRate?: number;
  readonly skew?: number;
}

function optionsOf(flags: SimulateFlags): Partial<SimulationOptions> {
  const { seed, events, days, tps, speed, key, statementDays, breakRate, skew } = flags;
  return {
    seed,
    ...(events === undefined ? {} : { events }),
    ...(days === undefined ? {} : { days }),
    ...(tps === undefined ? {} : { tps }),
    ...(speed === undefined ? {} : { speed }),
    ...(key === undefined ? {} : { key }),
    ...(statementDays === undefined ? {} : { statementDays }),
    ...(breakRate === undefined ? {} : { breakRate }),
    ...(skew === undefined ? {} : { skew }),
  };
}

function reportText(report: IngestReport): string {
  const lines = [
    `source ${report.source}: in ${report.in} = accepted ${report.accepted} + quarantined ${report.quarantined} + duplicates ${report.duplicates}`,
    ...Object.entries(report.quarantinedByCode).map(([code, count]) => `  quarantined ${code}: ${count}`),
    ...report.sums.map((s) => `  ${s.currency} (exponent ${s.exponent}): ${s.total} accepted and quarantined`),
    ...report.recognised.map((path) => `  recognised, already taken: ${path}`),
    ...report.refused.map((refusal) => `  refused ${refusal.path} (${refusal.code}): ${refusal.message}`),
    `blacklist entries: ${report.blacklisted}; ${report.seconds.toFixed(1)} s`,
  ];
  return `${lines.join("\n")}\n`;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badArguments;
  else if (error instanceof ConcordanceError) {
    process.stderr.write(
      `${error.code}: ${error.message}\n${error.remedy === null ? "" : `What to do: ${error.remedy}\n`}`,
    );
    exitCode = error.kind === "config" || error.kind === "invalid_input" ? EXIT.badArguments : EXIT.failed;
  } else {
    process.stderr.write(`internal: ${error instanceof Error ? error.stack : String(error)}\n`);
    exitCode = EXIT.failed;
  }
}
process.exitCode = exitCode;
