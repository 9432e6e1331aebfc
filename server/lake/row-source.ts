import { BIGINT, type DuckDBConnection, DuckDBTableFunction, type DuckDBTableFunctionInfo } from "@duckdb/node-api";
import { invariant } from "../domain/errors";
import { type TableBuffer, typeOf } from "./table-buffer";

const FUNCTION = "concordance_rows";

/** Buffers that are being read, by the number the SQL names them with. */
const sources = new Map<bigint, TableBuffer>();
let lastNumber = 0n;
let watchingExit = false;

/**
 * A statement that reads rows waits for this thread, and Node waits for the statement's thread before it exits: neither
 * would ever end. Whatever was being written is committed by nobody, so the process may as well be cut off.
 */
function neverWaitAtExit(): void {
  if (watchingExit) return;
  watchingExit = true;
  // Node writes the error that ends a process only after its exit handlers have run.
  process.on("uncaughtExceptionMonitor", (error) => {
    if (sources.size > 0) process.stderr.write(`${error.stack ?? error.message}\n`);
  });
  process.on("exit", () => {
    if (sources.size > 0) process.kill(process.pid, "SIGKILL");
  });
}

class Progress {
  chunk = 0;

  constructor(readonly buffer: TableBuffer) {}
}

/** Teaches a database to read rows where they are: `concordance_rows(n)` gives the rows of the buffer n chunk by chunk. */
export function registerRowSource(connection: DuckDBConnection): void {
  connection.registerTableFunction(
    DuckDBTableFunction.create({
      name: FUNCTION,
      parameterTypes: [BIGINT],
      bindFunction: (info) => {
        const buffer = sourceOf(info.getParameter(0));
        for (const column of buffer.spec.columns) info.addResultColumn(column.name, typeOf(column.type));
        info.setCardinality(buffer.rows, true);
        info.setBindData(new Progress(buffer));
      },
      initFunction: (info) => {
        // The chunks are given in order, one at a time; a statement that is run again begins at the first.
        info.setMaxThreads(1);
        progressOf(info.getBindData()).chunk = 0;
      },
      mainFunction: (info: DuckDBTableFunctionInfo, output) => {
        const progress = progressOf(info.getBindData());
        output.rowCount = progress.buffer.fill(output, progress.chunk++);
      },
    }),
  );
}

/**
 * Has DuckDB read a buffer's rows from where they are, without a table in between: `work` gets the SQL of a relation,
 * to be read on a connection of a database that `registerRowSource` has seen. The statement asks this thread for every
 * chunk, so its connection must not be closed before `work` has ended.
 */
export async function withRows<T>(buffer: TableBuffer, work: (relation: string) => Promise<T>): Promise<T> {
  neverWaitAtExit();
  const number = ++lastNumber;
  sources.set(number, buffer);
  try {
    return await work(`${FUNCTION}(${number})`);
  } finally {
    sources.delete(number);
  }
}

function sourceOf(number: unknown): TableBuffer {
  const buffer = typeof number === "bigint" ? sources.get(number) : undefined;
  invariant(buffer !== undefined, `${FUNCTION}: ${number} names no rows`);
  return buffer;
}

function progressOf(data: object | undefined): Progress {
  invariant(data instanceof Progress, `${FUNCTION} was not bound`);
  return data;
}
