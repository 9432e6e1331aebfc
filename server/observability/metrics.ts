import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface WebMetrics {
  observeCall(path: string, type: string, outcome: string, seconds: number): void;
  /** Of the last queries that succeeded, at most a thousand. */
  recentQueries(): { readonly count: number; readonly p95Ms: number | null };
  /** Sets gauges that were read from elsewhere at scrape time; those not named any more are gone. */
  setGauges(samples: readonly GaugeSample[]): void;
  /** The Prometheus text format and its content type. */
  expose(): Promise<{ text: string; contentType: string }>;
}

export interface GaugeSample {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const RECENT_MAX = 1_000;

/** The metrics of the web process. One per process: `prom-client` keeps process-wide timers. */
export function createWebMetrics(): WebMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Histogram({
    name: "concordance_call_seconds",
    help: "Duration of tRPC calls by procedure and outcome",
    labelNames: ["path", "outcome"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const failures = new Counter({
    name: "concordance_call_failures_total",
    help: "Calls that failed on the server's side",
    labelNames: ["path"],
    registers: [registry],
  });
  const gauges = new Map<string, Gauge>();
  const recent: number[] = [];
  return {
    recentQueries: () => {
      const sorted = [...recent].sort((a, b) => a - b);
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
      return { count: sorted.length, p95Ms: p95 === undefined ? null : Math.round(p95) };
    },
    observeCall: (path, type, outcome, seconds) => {
      calls.observe({ path, outcome }, seconds);
      if (type === "query" && outcome === "ok") recent.push(seconds * 1000);
      if (recent.length > RECENT_MAX) recent.shift();
      if (outcome === "INTERNAL_SERVER_ERROR") failures.inc({ path });
    },
    setGauges: (samples) => {
      for (const gauge of gauges.values()) gauge.reset();
      for (const { name, help, labels, value } of samples) {
        let gauge = gauges.get(name);
        if (gauge === undefined) {
          gauge = new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] });
          gauges.set(name, gauge);
        }
        gauge.set({ ...labels }, value);
      }
    },
    expose: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
