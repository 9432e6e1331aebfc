import { availableParallelism } from "node:os";
import { resolve } from "node:path";

export interface StartOverrides {
  readonly data: string | null;
  readonly port: string | null;
  readonly tps: string | null;
}

/** The environment of an embedded start: the caller's, with what was said on the command line. */
export function startEnvironment({ data, port, tps }: StartOverrides): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  // Four processes share the machine: each with every core would only make them wait for each other.
  environment.CONCORDANCE_DUCKDB_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / 2)));
  if (data !== null) environment.CONCORDANCE_DATA = resolve(data);
  if (port !== null) environment.CONCORDANCE_PORT = port;
  if (tps !== null) environment.CONCORDANCE_SIMULATOR_TPS = tps;
  return environment;
}
