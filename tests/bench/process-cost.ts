import { readFile } from "node:fs/promises";

/** Clock ticks of /proc/<pid>/stat: 100 a second on every Linux Node runs on. */
const TICK_MICROS = 10_000;

export interface ProcessCost {
  /** Processor time of all threads since the process began, microseconds. */
  readonly cpuMicros: number;
  readonly residentMbMax: number;
}

/** What a running process has cost so far; null where the system does not say (only Linux does). */
export async function costOf(pid: number | undefined): Promise<ProcessCost | null> {
  const [stat, status] = await Promise.all(
    ["stat", "status"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => null)),
  );
  if (stat === null || stat === undefined || status === null || status === undefined) return null;
  // The name in parentheses may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuMicros: (user + system) * TICK_MICROS,
    residentMbMax: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024),
  };
}
