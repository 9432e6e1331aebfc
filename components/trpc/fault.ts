/** What the server's error formatter adds to a failure. Read by hand: a schema library weighs more than a page. */
interface TransportData {
  readonly code: string;
  readonly known: { readonly code: string; readonly remedy: string | null } | null;
}

const textOf = (value: unknown, key: string): string | null => {
  if (typeof value !== "object" || value === null || !(key in value)) return null;
  const found = (value as Readonly<Record<string, unknown>>)[key];
  return typeof found === "string" ? found : null;
};

function transportOf(error: unknown): TransportData | null {
  const data = error instanceof Error && "data" in error ? error.data : null;
  const code = textOf(data, "code");
  if (code === null) return null;
  const own = typeof data === "object" && data !== null && "error" in data ? data.error : null;
  const ownCode = textOf(own, "code");
  return { code, known: ownCode === null ? null : { code: ownCode, remedy: textOf(own, "remedy") } };
}

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
  const data = transportOf(error);
  if (data === null) {
    return {
      message: "The server did not answer.",
      remedy: "Check the connection; the page tries again by itself.",
      code: "no_answer",
      transport: null,
      passing: true,
    };
  }
  const { code, known } = data;
  return {
    message,
    remedy: known?.remedy ?? null,
    code: known?.code ?? code.toLowerCase(),
    transport: code,
    passing: PASSING.has(code),
  };
}
