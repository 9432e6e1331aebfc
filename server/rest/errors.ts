import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import type { Services } from "../console/services";
import { ConcordanceError } from "../domain/errors";
import { publicError, toTrpcError } from "../trpc/errors";

const TOO_LARGE = 413;

/** A failure as a machine reads it: status, code, what is wrong and what to do. What is not known is not told. */
export function errorResponse(services: Services, error: unknown): Response {
  const mapped = toTrpcError(error instanceof z.ZodError ? badInput(error) : error);
  const facts = publicError(mapped);
  const status = facts?.code === "file_too_large" ? TOO_LARGE : getHTTPStatusCodeFromError(mapped);
  if (status >= 500) services.log.error({ err: error }, "request failed");
  return Response.json({ message: mapped.message, ...facts }, { status, headers: { "cache-control": "no-store" } });
}

const badInput = (error: z.ZodError) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "bad_request",
    message: z.prettifyError(error),
    remedy: "Correct the parameters named.",
    cause: error,
  });
