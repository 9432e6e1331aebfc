import { connectDb } from "../../server/db/connect";
import { openLocalStore } from "../../server/lake/store/local";
import type { ObjectStore } from "../../server/lake/store/store";
import { silentLogger } from "../../server/observability/log";
import { DEFINITION } from "../batch/world";
import { startRunWorker } from "../support/run-worker";

/** A batch worker in a process of its own that kills itself where it is told: `step:<name>`, `write:<n>` or `after:<n>`. */
const [url = "", lake = "", directory = "", at = ""] = process.argv.slice(2);
const [kind, where] = at.split(":");
const die = (): void => void process.kill(process.pid, "SIGKILL");

const database = connectDb(url, silentLogger);
const store = kind === "step" || kind === "" ? await openLocalStore(lake) : dyingStore(await openLocalStore(lake));
const steps: typeof DEFINITION = {
  ...DEFINITION,
  // Names of tables are made as the plan is read: dying there is dying as the run has been pinned.
  plan: (date, settings) => {
    if (kind === "step" && where === "plan") die();
    return DEFINITION.plan(date, settings);
  },
};
if (kind === "step" && where === "finish") dieBeforeTheEnd();
await startRunWorker({ database, store, directory, instance: "doomed", finals: [steps] });

/** Counts writes of this process from the start of its run on, and dies before or after the n-th. */
function dyingStore(inner: ObjectStore): ObjectStore {
  let writes = 0;
  const mutations = new Set(["put", "putFile", "putIfAbsent", "move"]);
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (!mutations.has(String(name))) return value.bind(target);
      return async (...parameters: unknown[]) => {
        const mine = ++writes === Number(where);
        if (mine && kind === "write") die();
        const answer = await value.apply(target, parameters);
        if (mine && kind === "after") die();
        return answer;
      };
    },
  });
}

/** The lake has committed; Postgres is not told. */
function dieBeforeTheEnd(): void {
  const query = database.pool.query.bind(database.pool);
  database.pool.query = ((...given: Parameters<typeof query>) => {
    if (JSON.stringify(given[0]).includes('"outcome\\" =')) die();
    return query(...given);
  }) as typeof database.pool.query;
}
