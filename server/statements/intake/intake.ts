import { z } from "zod";
import { ConcordanceError } from "../../domain/errors";
import type { Lake } from "../../lake/lake";
import type { Table } from "../../lake/table";
import { type Booked, bookFile, latestDelivery } from "./book";
import { type Delivery, IntakeOptions, type IntakePlan, keepBytes, putPlan, rawKey, readPlan } from "./plan";
import { STATEMENT_FILES, STATEMENT_LINES, STATEMENTS } from "./tables";

/** Each table remembers the last delivery it holds; the files table comes last, so its mark says what is finished. */
export const INTAKE_MARK = "intake/statements";
const DELIVERIES_PER_CALL_MAX = 10_000;

interface Taken {
  readonly lake: Lake;
  /** For people, and as a last hint to the format. */
  readonly name: string;
  readonly options?: z.input<typeof IntakeOptions>;
  readonly delivery?: Delivery | null;
  readonly nowMicros?: () => bigint;
}

export interface IntakeRequest extends Taken {
  readonly source: Uint8Array | AsyncIterable<Uint8Array>;
}

/** What became of a delivery. `known`: these bytes were accepted before, nothing is written. */
export type IntakeResult = Booked & { readonly known: boolean };

/**
 * Takes one statement file in. Its bytes are kept whatever becomes of it; a faulty file is refused whole, as a value; an
 * accepted one is booked exactly once, however often, under whatever name and beside whatever other delivery it comes.
 */
export async function intakeFile(request: IntakeRequest): Promise<IntakeResult> {
  checkedOptions(request.options);
  const { fileHash } = await keepBytes(request.lake.store, request.source);
  return takeKept({ ...request, fileHash });
}

/**
 * The same for bytes that are kept already (`keepBytes`). A delivery that was taken before, known by its ticket, is answered
 * as it was then; refused bytes are judged anew by any other, so that they can be accepted with other options.
 */
export async function takeKept(request: Taken & { readonly fileHash: string }): Promise<IntakeResult> {
  const { lake, name, fileHash, delivery = null } = request;
  const options = checkedOptions(request.options);
  const nowMicros = request.nowMicros ?? (() => BigInt(Date.now()) * 1000n);
  for (let attempt = 0; attempt < DELIVERIES_PER_CALL_MAX; attempt++) {
    const intake = (await finishDeliveries(lake)) + 1;
    const before = await latestDelivery(lake, fileHash);
    if (before !== null && delivery?.ticket != null && before.ticket === delivery.ticket) {
      return { ...before, known: false };
    }
    if (before?.outcome === "accepted") return { ...before, known: true };
    const plan: IntakePlan = { intake, name, fileHash, takenAtMicros: String(nowMicros()), options, delivery };
    if ((await putPlan(lake.store, plan)) === "created") return { ...(await execute(lake, plan)), known: false };
  }
  throw new ConcordanceError({
    kind: "unavailable",
    code: "intake_contention",
    message: `${name}: ${DELIVERIES_PER_CALL_MAX} other deliveries came first.`,
    remedy: "Deliver fewer files at once.",
  });
}

function checkedOptions(given: z.input<typeof IntakeOptions> = {}): IntakeOptions {
  const parsed = IntakeOptions.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_statement_options",
    message: `What is said of the file cannot be read: ${z.prettifyError(parsed.error)}`,
    remedy: "Correct the fields named; docs/statements.md lists them.",
  });
}

/** Finishes what a process that died has begun, and answers the number of the last delivery, -1 for none. */
export async function finishDeliveries(lake: Lake): Promise<number> {
  for (;;) {
    const last = markOf((await lake.table(STATEMENT_FILES.name).refresh()).marks);
    const plan = await readPlan(lake.store, last + 1);
    if (plan === null) return last;
    await execute(lake, plan);
  }
}

/** The bytes of a delivery as they came, accepted or refused. */
export const openRaw = (lake: Lake, fileHash: string) => lake.store.openRead(rawKey(fileHash));

async function execute(lake: Lake, plan: IntakePlan): Promise<Booked> {
  const booked = await bookFile(
    lake,
    plan,
    (table) => needs(lake, table, plan.intake),
    async (name, adds) => {
      const outcome = await lake.table(name).commit({
        adds,
        marks: [{ appId: INTAKE_MARK, version: BigInt(plan.intake), base: BigInt(plan.intake) - 1n }],
        operation: "WRITE",
        info: { intake: plan.intake, fileHash: plan.fileHash },
      });
      // Another process that finishes the same plan writes the same rows: whoever came first has done it.
      if (outcome.kind === "committed" || (await isDone(lake.table(name), plan.intake))) return;
      throw new ConcordanceError({
        kind: "conflict",
        code: "intake_out_of_turn",
        message: `${plan.name}: table ${name} does not stand at the delivery before ${plan.intake}.`,
        remedy: "Take the file again; if it stays so, the tables were restored to different moments.",
      });
    },
  );
  return booked;
}

const needs = async (lake: Lake, name: string, intake: number): Promise<boolean> =>
  !(await isDone(lake.table(name), intake));

async function isDone(table: Table, intake: number): Promise<boolean> {
  return markOf((await table.refresh()).marks) >= intake;
}

const markOf = (marks: ReadonlyMap<string, bigint>): number => Number(marks.get(INTAKE_MARK) ?? -1n);

/** Every table of intake, in the order they are written. */
export const INTAKE_TABLES = [STATEMENT_LINES, STATEMENTS, STATEMENT_FILES] as const;
