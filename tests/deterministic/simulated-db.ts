import type { DuckDBConnection } from "@duckdb/node-api";
import type { Db } from "../../server/lake/duckdb";
import type { Actor, Scheduler } from "./scheduler";

const CALLS: ReadonlySet<string | symbol> = new Set(["run", "runAndReadAll", "createAppender", "stream"]);

/** A DuckDB whose every call waits for its turn: only one computes at a time, so answers come in an order of the seed's. */
export function openSimulatedDb(db: Db, scheduler: Scheduler, actor: Actor): Db {
  return {
    connect: async () => {
      const connection = await scheduler.perform(actor, "connect", () => db.connect());
      actor.connections.add(connection);
      return guarded(connection, scheduler, actor);
    },
    close: () => undefined,
  };
}

function guarded(connection: DuckDBConnection, scheduler: Scheduler, actor: Actor): DuckDBConnection {
  return new Proxy(connection, {
    get: (target, name) => {
      if (name === "closeSync") {
        return () => {
          if (actor.connections.delete(connection)) connection.closeSync();
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (!CALLS.has(name)) return member.bind(target);
      return (...args: unknown[]) =>
        scheduler.perform(actor, `duckdb ${String(name)}`, async () => {
          const answer: unknown = await Reflect.apply(member, target, args);
          return name === "stream" ? guardedStream(answer, scheduler, actor) : answer;
        });
    },
  });
}

function guardedStream(result: unknown, scheduler: Scheduler, actor: Actor): unknown {
  if (typeof result !== "object" || result === null) return result;
  return new Proxy(result, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "fetchChunk") return member.bind(target);
      return () => scheduler.perform(actor, "duckdb fetch", () => Reflect.apply(member, target, []));
    },
  });
}
