import { mkdir } from "node:fs/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { registerRowSource } from "./row-source";

export interface DbOptions {
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Where DuckDB spills what does not fit its memory. */
  readonly temporaryDirectory: string;
}

/** An in-memory DuckDB: it computes, the lake stores. */
export interface Db {
  /** A new connection in UTC. Close it with `closeSync`. */
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

export async function openDuckDb(options: DbOptions): Promise<Db> {
  await mkdir(options.temporaryDirectory, { recursive: true });
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: options.temporaryDirectory,
    preserve_insertion_order: "false",
    // What is read once would stay up to the memory limit; files that are read again are in the page cache of the system.
    enable_external_file_cache: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const first = await instance.connect();
  registerRowSource(first);
  first.closeSync();
  return {
    connect: async () => {
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      return connection;
    },
    close: () => instance.closeSync(),
  };
}

/** A text as an SQL literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as a quoted SQL identifier. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
