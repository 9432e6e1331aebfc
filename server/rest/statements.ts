import { z } from "zod";
import { type AuthorizedScope, authorize, type Person } from "../auth/scope";
import type { Services } from "../console/services";
import { holderOf } from "../db/api-keys";
import { writeAudit } from "../db/audit";
import { rolesOf } from "../db/people";
import { ConcordanceError } from "../domain/errors";
import { TicketAnswer } from "../indexes/reconciliation/contract-statements";
import { readStatementFile } from "../indexes/reconciliation/queries-statements";
import { type Answer, answerOf, awaitAnswer, leaveTicket } from "../statements/intake/inbox";
import { keepBytes, rawKey } from "../statements/intake/plan";
import { SourceName, type StatementSources } from "../statements/intake/sources";
import { errorResponse } from "./errors";

/** What deliveries must keep to. */
export interface StatementDoor {
  readonly bytesMax: number;
  readonly sources: StatementSources;
}

const WAIT_SECONDS_MAX = 60;
const WAIT_SECONDS = 20;

const Parameters = z.object({
  name: z
    .string()
    .trim()
    .min(1, "give the file's name: ?name=")
    .max(255)
    .regex(/^[^/\\\p{Cc}]+$/u, "a file name without folders"),
  source: SourceName.nullable(),
  wait: z.coerce.number().int().min(0).max(WAIT_SECONDS_MAX),
});

/** Takes the body of a request as a statement file: streamed, kept under its hash, left for the intake worker, audited. */
async function receive(
  services: Services,
  scope: AuthorizedScope,
  request: Request,
  { door, way, waitSeconds }: { readonly door: StatementDoor; readonly way: "upload" | "rest"; waitSeconds: number },
): Promise<Response> {
  const parameters = new URL(request.url).searchParams;
  const { name, source, wait } = Parameters.parse({
    name: parameters.get("name") ?? "",
    source: parameters.get("source"),
    wait: parameters.get("wait") ?? waitSeconds,
  });
  if (Number(request.headers.get("content-length") ?? 0) > door.bytesMax) throw tooLarge(door.bytesMax);
  if (request.body === null) throw noBody();
  const { store } = services.reader.lake;
  const { fileHash, bytes } = await keepBytes(store, piecesOf(request.body), door.bytesMax);
  if (bytes === 0) throw noBody();
  const ticket = await deliver(services, scope, { name, fileHash, source, way, bytes, door });
  const answer = wait === 0 ? null : await awaitAnswer(store, ticket, wait * 1_000, request.signal);
  const told = answerText(ticket, answer);
  if (answer !== null) services.reader.renew();
  return Response.json(told, {
    status: told.state === "waiting" ? 202 : 200,
    headers: { "cache-control": "no-store" },
  });
}

interface Delivered {
  readonly name: string;
  readonly fileHash: string;
  readonly source: string | null;
  readonly way: "upload" | "rest";
  readonly bytes: number | null;
  readonly door: StatementDoor;
}

/** Leaves kept bytes for the intake worker, with the audit row; answers with the ticket. */
async function deliver(services: Services, { person }: AuthorizedScope, given: Delivered): Promise<string> {
  const { name, fileHash, source, way, bytes, door } = given;
  const options = source === null ? {} : (door.sources.get(source) ?? {});
  return services.database.db.transaction(async (tx) => {
    await writeAudit(tx, person, [
      {
        action: "statement.deliver",
        targetType: "statement_file",
        target: fileHash,
        detail: { name, way, source, bytes },
      },
    ]);
    const delivery = { way, source, by: person.id };
    return leaveTicket(services.reader.lake.store, { name, fileHash, options, delivery });
  });
}

/** Judges the kept bytes of a refused delivery anew, by what is said of a source now. Throws `not_refused`. */
export async function takeAgain(
  services: Services,
  scope: AuthorizedScope,
  door: StatementDoor,
  { intake, source }: { readonly intake: number; readonly source: string | null },
): Promise<TicketAnswer> {
  const { file } = await readStatementFile(services.reader, intake);
  if (file.outcome !== "refused") {
    throw new ConcordanceError({
      kind: "conflict",
      code: "not_refused",
      message: `${file.name} was accepted; there is nothing to take again.`,
      remedy: "A correction comes as a file of its own.",
    });
  }
  if (source !== null && !door.sources.has(source)) throw noSuchSource(source);
  const { name, fileHash, bytes } = file;
  const ticket = await deliver(services, scope, { name, fileHash, source, way: "upload", bytes: Number(bytes), door });
  return { state: "waiting", ticket };
}

/** What became of a ticket. Throws `no_such_ticket`. */
export async function readTicket(services: Services, ticket: string): Promise<TicketAnswer> {
  const answer = await answerOf(services.reader.lake.store, ticket);
  if (answer !== null) services.reader.renew();
  return answerText(ticket, answer);
}

function answerText(ticket: string, answer: Answer | null): TicketAnswer {
  if (answer === null) return { state: "waiting", ticket };
  return TicketAnswer.parse(
    answer.kind === "failed"
      ? { state: "failed", ticket, ...answer.fault }
      : { state: "taken", ...answer.result, ticket },
  );
}

/** `POST /api/statements`: the console's upload. Only from its own pages. */
export async function answerUpload(
  services: Services,
  person: Person | null,
  request: Request,
  door: StatementDoor,
): Promise<Response> {
  try {
    const scope = authorize(signedIn(person), "statements", "write");
    const site = request.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") throw foreignSite();
    return await receive(services, scope, request, { door, way: "upload", waitSeconds: 0 });
  } catch (error) {
    return errorResponse(services, error);
  }
}

/** `POST /api/v1/statements`: a machine's delivery, with an API key. */
export async function answerRestDelivery(services: Services, request: Request, door: StatementDoor): Promise<Response> {
  try {
    const scope = authorize(await machine(services, request), "statements", "write");
    return await receive(services, scope, request, { door, way: "rest", waitSeconds: WAIT_SECONDS });
  } catch (error) {
    return errorResponse(services, error);
  }
}

/** `GET /api/v1/statements/TICKET`: what became of a delivery. */
export async function answerRestTicket(services: Services, request: Request, ticket: string): Promise<Response> {
  try {
    authorize(await machine(services, request), "statements", "read");
    const told = await readTicket(services, z.uuid().parse(ticket));
    return Response.json(told, {
      status: told.state === "waiting" ? 202 : 200,
      headers: { "cache-control": "no-store" },
    });
  } catch (error) {
    return errorResponse(services, error);
  }
}

/** `GET /api/statements/HASH?intake=`: the bytes as they came. Audited. */
export async function answerRaw(services: Services, person: Person | null, request: Request, hash: string) {
  try {
    const scope = authorize(signedIn(person), "statements", "read");
    const intake = z.coerce.number().int().min(0).parse(new URL(request.url).searchParams.get("intake"));
    const { file } = await readStatementFile(services.reader, intake, request.signal);
    if (file.fileHash !== hash) throw noSuchFile(hash);
    const stream = await services.reader.lake.store.openRead(rawKey(file.fileHash));
    await services.database.db.transaction((tx) =>
      writeAudit(tx, scope.person, [
        {
          action: "statement.download",
          targetType: "statement_file",
          target: hash,
          detail: { intake, name: file.name },
        },
      ]),
    );
    return new Response(webStream(stream), {
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${file.name.replace(/[^\w.-]/g, "_")}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
        "content-length": String(file.bytes),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  } catch (error) {
    return errorResponse(services, error);
  }
}

function signedIn(person: Person | null): Person {
  if (person !== null) return person;
  throw new ConcordanceError({
    kind: "unauthenticated",
    code: "not_signed_in",
    message: "Nobody is signed in.",
    remedy: "Sign in and try again.",
  });
}

/** Whose key the request bears. Throws `bad_api_key`. */
async function machine({ database }: Services, request: Request): Promise<Person> {
  const [, key] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  const holder = key === undefined ? null : await holderOf(database.db, key);
  if (holder !== null) {
    const { userId, name, email, keyName } = holder;
    return { id: userId, name: `${name} (key ${keyName})`, email, roles: await rolesOf(database.db, userId) };
  }
  throw new ConcordanceError({
    kind: "unauthenticated",
    code: "bad_api_key",
    message: "No API key that is in force came with the request.",
    remedy: "Send it as `Authorization: Bearer cck_...`; an administrator makes one with `concordance account key`.",
  });
}

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Who stops reading half-way is not sent the rest.
    await reader.cancel().catch(() => undefined);
  }
}

/** Reads on only as fast as the caller takes. */
function webStream(stream: AsyncIterable<Uint8Array> & { destroy(): unknown }): ReadableStream<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => {
        stream.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

const tooLarge = (bytesMax: number) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "file_too_large",
    message: `The file is larger than ${bytesMax} bytes.`,
    remedy: "Have the bank split it, or raise CONCORDANCE_STATEMENT_BYTES_MAX.",
  });

const noBody = () =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "empty_file",
    message: "The request has no file in its body.",
    remedy: "Send the bytes of one file as the body, and its name as ?name=.",
  });

const foreignSite = () =>
  new ConcordanceError({
    kind: "forbidden",
    code: "foreign_site",
    message: "The upload was sent from another site's page.",
    remedy: "Upload on the Statements page; machines use /api/v1/statements with an API key.",
  });

const noSuchSource = (source: string) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "no_such_source",
    message: `No source is called ${source}.`,
    remedy: "Declare it in config/statements.yaml, or choose one that is.",
  });

const noSuchFile = (hash: string) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_file",
    message: `That delivery is not of the file ${hash}.`,
    remedy: "Open the file on the Statements page and download it there.",
  });
