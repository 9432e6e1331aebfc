import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import type { ObjectStore } from "../../lake/store/store";
import type { IntakeResult } from "./intake";
import { Delivery, IntakeOptions } from "./plan";

const INBOX = "statements/inbox/";
const ANSWERS = "statements/answers/";
const POLL_MS = 100;
/** Answers are kept this long for who asks again. */
const ANSWERS_KEPT_MS = 7 * 86_400_000;

/** Bytes that are kept and wait for the intake worker: what an upload, the REST API and "take again" leave. */
const Ticket = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1).max(500),
  fileHash: z.string().regex(/^[0-9a-f]{64}$/),
  options: IntakeOptions,
  delivery: Delivery,
});
export type Ticket = z.infer<typeof Ticket>;

const Refusal = z.object({ code: z.string(), message: z.string(), remedy: z.string().nullable() });

/** What became of a ticket: the delivery, or why it could not even be judged. */
export type Answer =
  | { readonly kind: "taken"; readonly result: IntakeResult }
  | { readonly kind: "failed"; readonly fault: z.infer<typeof Refusal> };

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const ticketKey = (id: string) => `${INBOX}${id}.json`;
const answerKey = (id: string) => `${ANSWERS}${id}.json`;

/** Leaves kept bytes for the intake worker, durably; answers with the ticket's id. */
export async function leaveTicket(
  store: ObjectStore,
  { name, fileHash, options, delivery }: Omit<Ticket, "id" | "delivery"> & { delivery: Omit<Delivery, "ticket"> },
): Promise<string> {
  const id = newId();
  const ticket: Ticket = { id, name, fileHash, options, delivery: { ...delivery, ticket: id } };
  await store.put(ticketKey(id), encode(Ticket.parse(ticket)));
  return id;
}

/** Tickets nobody has answered, oldest first. */
export async function openTickets(store: ObjectStore, most: number): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  for await (const { key } of store.list(INBOX)) {
    if (tickets.length >= most) break;
    const bytes = await getOrNull(store, key);
    if (bytes !== null) tickets.push(Ticket.parse(JSON.parse(new TextDecoder().decode(bytes))));
  }
  return tickets;
}

/** Tells what became of a ticket, and takes it out of the inbox. Telling it twice is telling it once. */
export async function answerTicket(store: ObjectStore, id: string, answer: Answer): Promise<void> {
  await store.put(answerKey(id), encode(answer));
  await store.delete([ticketKey(id)]);
}

/** Null while nobody has answered. Throws `no_such_ticket` where there is, or was, none of that id. */
export async function answerOf(store: ObjectStore, id: string): Promise<Answer | null> {
  const answer = await readAnswer(store, id);
  if (answer !== null) return answer;
  if ((await store.head(ticketKey(id))) !== null) return null;
  // It may have been answered between the two looks.
  const late = await readAnswer(store, id);
  if (late !== null) return late;
  throw new ConcordanceError({
    kind: "not_found",
    code: "no_such_ticket",
    message: `No delivery is known by the ticket ${id}.`,
    remedy: "Look for the file among the statement files; answers are kept for seven days.",
  });
}

/** Waits for the answer; null where it has not come within `ms`. */
export async function awaitAnswer(
  store: ObjectStore,
  id: string,
  ms: number,
  signal: AbortSignal,
): Promise<Answer | null> {
  const deadlineMs = Date.now() + ms;
  for (;;) {
    const answer = await answerOf(store, id);
    if (answer !== null || signal.aborted || Date.now() >= deadlineMs) return answer;
    await sleep(POLL_MS);
  }
}

/** Removes answers nobody will ask for any more. */
export async function forgetAnswers(store: ObjectStore, nowMs: number): Promise<void> {
  const old: string[] = [];
  for await (const { key, modifiedAtMs } of store.list(ANSWERS)) {
    if (nowMs - modifiedAtMs > ANSWERS_KEPT_MS) old.push(key);
  }
  if (old.length > 0) await store.delete(old);
}

async function readAnswer(store: ObjectStore, id: string): Promise<Answer | null> {
  const bytes = await getOrNull(store, answerKey(z.uuid().parse(id)));
  // Written by this module only.
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Answer);
}

async function getOrNull(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key);
  } catch (error) {
    if (error instanceof ConcordanceError && error.kind === "not_found") return null;
    throw error;
  }
}
