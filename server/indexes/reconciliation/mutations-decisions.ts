import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { settingsOf } from "../../batch/settings";
import type { Actor } from "../../db/audit";
import {
  answerRequest,
  askFor,
  markFailed,
  markRecorded,
  type NewRequest,
  type RequestItem,
  readRequest,
  unrecorded,
} from "../../db/reconciliation";
import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import type { BusinessDate } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import type { LakeView } from "../../query/reader";
import { bigOrNull, text, textOrNull, wholeOrNull } from "../../query/values";
import type {
  AnswerCommand,
  DecideCommand,
  Decided,
  DecisionPreview,
  PreviewQuery,
  RevokeCommand,
  UnmatchCommand,
} from "./contract-decisions";
import { type Checked, checkedItems, checkGroup, limitOf, sidesOf, weigh } from "./mutations-check";
import { newestSequence, recordDecisions } from "./mutations-ledger";
import type { ReconciliationSources } from "./queries-breaks";
import { DECIDED_KEY } from "./queries-breaks";
import { type PinnedClose, pinClose } from "./queries-closes";
import { ApprovalLimits } from "./settings";
import { RECONCILIATION, RECONCILIATION_DECISIONS } from "./tables";

export interface DecisionSources extends ReconciliationSources {
  /** File of effective-dated settings, where the limits stand; null: the defaults. */
  readonly finalsPath: string | null;
}

const APPROVALS = "reconciliation_approvals";

/** The newest close with what a decision about it needs to know. */
export interface Ground {
  readonly view: LakeView;
  readonly pinned: PinnedClose;
  readonly limits: ApprovalLimits;
  readonly seenSequence: bigint;
}

/** Reads the newest close, and nothing older than what this process wrote itself. */
export async function onGround<T>(
  sources: DecisionSources,
  name: string,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  sources.reader.renew();
  return sources.reader.read({ name }, async (view) => {
    const pinned = await pinClose(sources.reader, view, { date: null, version: null });
    const place = { path: sources.finalsPath, store: sources.reader.lake.store };
    const date = pinned.close.businessDate as BusinessDate;
    return work({
      view,
      pinned,
      limits: ApprovalLimits.parse(await settingsOf(APPROVALS, date, place)),
      seenSequence: newestSequence(view.snapshot(RECONCILIATION_DECISIONS.name)),
    });
  });
}

const itemsWhere = (keys: readonly string[]) => `${DECIDED_KEY} IN (${keys.map(sqlText).join(", ")})`;

interface Group {
  readonly breakId: string;
  readonly items: readonly Checked[];
}

/** What a decision would do: sums per currency, who has to agree, and what would be refused. Nothing is changed. */
export async function previewDecisions(
  sources: DecisionSources,
  { kind, groups }: z.infer<typeof PreviewQuery>,
): Promise<DecisionPreview> {
  return onGround(sources, "reconciliation.preview", async (ground) => {
    const found = await foundItems(ground, groups);
    const allowed: Group[] = [];
    const refused: DecisionPreview["refused"] = [];
    for (const group of groups) {
      try {
        allowed.push({ breakId: group.breakId, items: checkGroup(kind, group, found) });
      } catch (error) {
        if (!(error instanceof ConcordanceError)) throw error;
        refused.push({ breakId: group.breakId, message: error.message, remedy: error.remedy ?? null });
      }
    }
    return { ...summaryOf(kind, allowed, ground.limits), refused };
  });
}

/** Counts and sums of decisions that are allowed. */
export function summaryOf(kind: string, groups: readonly Group[], limits: ApprovalLimits) {
  const items = groups.flatMap((group) => group.items);
  return {
    decisions: groups.length,
    items: items.length,
    needApproval: groups.filter((group) => weigh(kind, group.items, limits).needsApproval).length,
    sums: sidesOf(items).map((side) => ({
      ...side,
      differenceMinor: side.externalMinor - side.internalMinor,
      limitMinor: limitOf(limits, side.currency, side.exponent),
    })),
  };
}

export const foundItems = ({ view, pinned }: Ground, groups: DecideCommand["groups"]) =>
  checkedItems(view, pinned, itemsWhere([...new Set(groups.flatMap(({ itemKeys }) => itemKeys))]));

/** A request as it is kept, from items that were checked. */
export function requestOf(
  { pinned, limits, seenSequence }: Ground,
  asked: {
    readonly kind: NewRequest["kind"];
    readonly breakId: string;
    readonly items: readonly Pick<Checked, keyof RequestItem | "isInternal" | "comparedMinor" | "comparedCurrency">[];
    readonly supersedes: string | null;
    readonly reason: string;
  },
): NewRequest {
  const { kind, breakId, supersedes, reason } = asked;
  return {
    id: newId(),
    kind,
    businessDate: pinned.close.businessDate,
    breakId,
    items: asked.items.map(({ itemKey, side, reference, comparedMinor, comparedCurrency, exponent }) => ({
      itemKey,
      side,
      reference,
      currency: comparedCurrency,
      exponent,
      amountMinor: comparedMinor === null ? null : String(comparedMinor),
    })),
    supersedes,
    seenSequence,
    reason,
    ...weigh(kind, asked.items, limits),
  };
}

/** Decides about breaks: each group at once where its value allows, else when a second person agrees. */
export async function decide(
  sources: DecisionSources,
  { person }: AuthorizedScope,
  { kind, groups, reason }: DecideCommand,
): Promise<Decided> {
  await finishAgreed(sources, person);
  const requests = await onGround(sources, "reconciliation.decide", async (ground) => {
    const found = await foundItems(ground, groups);
    return groups.map((group) =>
      requestOf(ground, {
        kind,
        breakId: group.breakId,
        items: checkGroup(kind, group, found),
        supersedes: null,
        reason,
      }),
    );
  });
  return submit(sources, person, requests);
}

/** Takes a match of the rules apart: its items wait for a person from then on. */
export async function unmatch(
  sources: DecisionSources,
  { person }: AuthorizedScope,
  { matchId, reason }: z.infer<typeof UnmatchCommand>,
): Promise<Decided> {
  await finishAgreed(sources, person);
  const request = await onGround(sources, "reconciliation.unmatch", async (ground) => {
    const { view, pinned } = ground;
    const rows = `(SELECT * FROM ${await view.scan(RECONCILIATION.name)} WHERE match_id = ${sqlText(matchId)} AND row_kind = 'item' AND state = 'matched')`;
    const items = [
      ...(await checkedItems(view, { rows, decisions: pinned.decisions }, "stage BETWEEN 1 AND 5")).values(),
    ];
    if (items.length === 0 || items.some(({ decided }) => decided !== null)) {
      throw new ConcordanceError({
        kind: "conflict",
        code: "match_not_standing",
        message: "No match of the rules stands under this name: a person made it, or has taken it apart already.",
        remedy: "A match that a person made is ended by taking that decision back.",
        at: { matchId },
      });
    }
    return requestOf(ground, { kind: "unmatch", breakId: matchId, items, supersedes: matchId, reason });
  });
  return submit(sources, person, [request]);
}

/** Takes a decision back: its items are the rules' again. */
export async function revoke(
  sources: DecisionSources,
  { person }: AuthorizedScope,
  { decisionId, reason }: z.infer<typeof RevokeCommand>,
): Promise<Decided> {
  await finishAgreed(sources, person);
  const request = await onGround(sources, "reconciliation.revoke", async (ground) => {
    const items = await standingItems(ground, decisionId);
    const asked = await readRequest(sources.database.db, decisionId);
    const breakId = asked?.breakId ?? decisionId;
    return requestOf(ground, { kind: "revoke", breakId, items, supersedes: decisionId, reason });
  });
  return submit(sources, person, [request]);
}

/** Items of a decision that holds for each of them. Throws `decision_not_standing`. */
async function standingItems({ view, pinned }: Ground, decisionId: string) {
  const rows = await view.rows(
    `SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY item_key ORDER BY sequence DESC) AS nth FROM ${pinned.decisions})
      WHERE decision_id = $id AND kind <> 'revoke' AND nth = 1`,
    { id: decisionId },
  );
  if (rows.length === 0) {
    throw new ConcordanceError({
      kind: "conflict",
      code: "decision_not_standing",
      message: "This decision does not hold any more, or is not recorded yet.",
      remedy: "Read the list again.",
      at: { decisionId },
    });
  }
  return rows.map((row) => {
    const [itemKey, side, currency] = [text(row, "item_key"), text(row, "side"), textOrNull(row, "currency")];
    const amount = bigOrNull(row, "amount_minor");
    return {
      itemKey,
      side,
      reference: null,
      currency,
      exponent: wholeOrNull(row, "exponent"),
      amountMinor: amount === null ? null : String(amount),
      isInternal: side === "internal" || itemKey.startsWith("p|"),
      comparedMinor: amount,
      comparedCurrency: currency,
    };
  });
}

/** Asks for all of them, or none; what needs nobody else is recorded at once. */
export async function submit(
  sources: DecisionSources,
  person: Actor,
  requests: readonly NewRequest[],
): Promise<Decided> {
  await askFor(sources.database.db, person, requests);
  const failed = await finishAgreed(sources, person);
  const lost = requests.find(({ id }) => failed.has(id));
  if (lost !== undefined) throw overtaken(lost.breakId);
  const waiting = requests.filter(({ needsApproval }) => needsApproval).length;
  return {
    decisions: requests.map(({ id, needsApproval }) => ({ id, needsApproval })),
    recorded: requests.length - waiting,
    waiting,
  };
}

const overtaken = (breakId: string) =>
  new ConcordanceError({
    kind: "conflict",
    code: "decision_overtaken",
    message: "Somebody else has decided about one of these items in the meantime; this decision was not made.",
    remedy: "Read the list again.",
    at: { breakId },
  });

/** Writes what is agreed to the lake, also what a process that died has left. Gives the ids of those that were overtaken. */
export async function finishAgreed({ reader, database }: ReconciliationSources, person: Actor): Promise<Set<string>> {
  const agreed = await unrecorded(database.db);
  if (agreed.length === 0) return new Set();
  const { recorded, overtaken: lost } = await recordDecisions(reader.lake, agreed);
  await markRecorded(database.db, recorded);
  for (const request of lost) {
    await markFailed(
      database.db,
      person,
      request,
      "Somebody decided otherwise about an item before this was recorded.",
    );
  }
  reader.renew();
  return new Set(lost.map(({ id }) => id));
}

/** The second person's word, or the first one's taking it back. */
export async function answer(
  sources: DecisionSources,
  { person }: AuthorizedScope,
  { decisionId, answer: given, reason }: z.infer<typeof AnswerCommand>,
): Promise<{ state: string }> {
  const businessDate = given === "approve" ? await stillOpen(sources, decisionId) : null;
  const request = await answerRequest(sources.database.db, person, {
    id: decisionId,
    answer: given,
    reason,
    businessDate,
  });
  if (given !== "approve") return { state: request.state };
  const failed = await finishAgreed(sources, person);
  if (failed.has(decisionId)) throw overtaken(request.breakId);
  return { state: "approved" };
}

/** Items may have been matched since somebody asked. Gives the close that obeys the decision first: the newest one. */
async function stillOpen(sources: DecisionSources, decisionId: string): Promise<string | null> {
  const request = await readRequest(sources.database.db, decisionId);
  const { kind } = request ?? { kind: "" };
  return onGround(sources, "reconciliation.answer", async (ground) => {
    if (request !== null && (kind === "match" || kind === "force_match" || kind === "write_off")) {
      const group = { breakId: request.breakId, itemKeys: request.items.map(({ itemKey }) => itemKey) };
      checkGroup(kind, group, await foundItems(ground, [group]));
    }
    return ground.pinned.close.businessDate;
  });
}
