import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import type { Action, Area } from "../auth/access";
import { authorize, type Person } from "../auth/scope";
import type { Services } from "../console/services";
import { ConcordanceError } from "../domain/errors";
import { publicError, toTrpcError } from "./errors";

export interface RequestContext {
  readonly services: Services;
  /** Null where nobody is signed in. */
  readonly person: Person | null;
}

const t = initTRPC.context<RequestContext>().create({
  transformer: superjson,
  // A comment every few seconds keeps proxies from closing an idle stream; a client that hears none reconnects.
  sse: { ping: { enabled: true, intervalMs: 5_000 }, client: { reconnectAfterInactivityMs: 20_000 } },
  errorFormatter: ({ shape, error }) => {
    const mapped = toTrpcError(error);
    const fields = error.cause instanceof z.ZodError ? z.flattenError(error.cause).fieldErrors : null;
    return {
      ...shape,
      message: fields === null ? mapped.message : inputMessage(fields),
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path ?? null,
        error: publicError(mapped),
        fields,
      },
    };
  },
});

const inputMessage = (fields: Readonly<Record<string, readonly string[] | undefined>>): string =>
  Object.entries(fields)
    .map(([name, faults]) => `${name}: ${(faults ?? []).join(", ")}`)
    .join("; ") || "The input is not valid.";

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** One wide event per call, and the one place where failures are mapped. */
const told = t.middleware(async ({ ctx, path, type, next }) => {
  const startedMs = performance.now();
  const result = await next();
  const durationMs = Math.round(performance.now() - startedMs);
  const { log, metrics } = ctx.services;
  metrics.observeCall(path, type, result.ok ? "ok" : result.error.code, durationMs / 1000);
  if (result.ok) {
    log.debug({ path, type, durationMs, personId: ctx.person?.id ?? null }, "call");
    return result;
  }
  const error = toTrpcError(result.error);
  const facts = { path, type, durationMs, personId: ctx.person?.id ?? null, code: error.code };
  if (error.code === "INTERNAL_SERVER_ERROR")
    log.error({ ...facts, err: result.error.cause ?? result.error }, "call failed");
  else log.info({ ...facts, reason: error.message }, "call refused");
  throw error;
});

const signedIn = t.middleware(({ ctx, next }) => {
  const { person } = ctx;
  if (person === null) {
    throw new ConcordanceError({
      kind: "unauthenticated",
      code: "not_signed_in",
      message: "Nobody is signed in.",
      remedy: "Sign in and try again.",
    });
  }
  return next({ ctx: { ...ctx, person } });
});

/** For what every signed-in person may do. */
export const personal = t.procedure.use(told).use(signedIn);

/** A procedure of an area: the role is checked before the input is looked at, and the proof is `ctx.scope`. */
export const procedureIn = (area: Area, action: Action) =>
  personal.use(({ ctx, next }) => next({ ctx: { ...ctx, scope: authorize(ctx.person, area, action) } }));

/** Runs a subscription's rows through the same mapping as every other failure. */
export async function* mapped<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* rows;
  } catch (error) {
    throw toTrpcError(error);
  }
}
