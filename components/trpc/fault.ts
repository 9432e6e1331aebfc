import { z } from "zod";

const TransportData = z.object({
  code: z.string(),
  error: z.object({ code: z.string(), remedy: z.string().nullable() }).nullable().optional(),
});

/** What a person needs to know of a failed call. */
export interface Fault {
  readonly message: string;
  /** What to do next, where the server knows. */
  readonly remedy: string | null;
  /** Stable snake_case code to give to support. */
  readonly code: string;
  /** tRPC's own code, e.g. FORBIDDEN; null where the call never reached the server. */
  readonly transport: string | null;
  /** True where trying again may succeed without anybody changing anything. */
  readonly passing: boolean;
}

const PASSING: ReadonlySet<string> = new Set(["SERVICE_UNAVAILABLE", "TIMEOUT", "TOO_MANY_REQUESTS", "BAD_GATEWAY"]);

/** Reads any failure of a call; one without the server's answer is told as the server being out of reach. */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  const data = TransportData.safeParse(error instanceof Error && "data" in error ? error.data : null);
  if (!data.success) {
    return {
      message: "The server did not answer.",
      remedy: "Check the connection; the page tries again by itself.",
      code: "no_answer",
      transport: null,
      passing: true,
    };
  }
  const { code, error: known } = data.data;
  return {
    message,
    remedy: known?.remedy ?? null,
    code: known?.code ?? code.toLowerCase(),
    transport: code,
    passing: PASSING.has(code),
  };
}
