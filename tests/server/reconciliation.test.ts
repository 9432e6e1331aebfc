import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../../server/auth/scope";
import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import { answerExport } from "../../server/console/export";
import { readRequests } from "../../server/db/reconciliation";
import type { BusinessDate } from "../../server/domain/time";
import type { BreakRow } from "../../server/indexes/reconciliation/contract";
import { RECONCILIATION_FINAL } from "../../server/indexes/reconciliation/final";
import { createCaller } from "../../server/trpc/root";
import { book, pay } from "../batch/books";
import { openTestConsole, type TestConsole } from "../setup/console";

/** A Monday to a Friday without a holiday, before everything the simulated world holds. */
const [MON, THU, FRI] = ["2026-03-02", "2026-03-05", "2026-03-06"] as const;
const HUGE = 9_000_000n;

let console_: TestConsole;
let second: Person;
const finance = () => console_.as("finance").reconciliation;
const close = async () =>
  runFinal(
    console_.lake,
    RECONCILIATION_FINAL,
    await pinJob(console_.lake, RECONCILIATION_FINAL, FRI as BusinessDate, {}),
  );
/** Closes the date again and lets the console see it. */
const rerun = async () => {
  const { outcome } = await close();
  console_.services.reader.renew();
  return outcome;
};
const breaks = async (): Promise<BreakRow[]> => (await finance().breaks({ limit: 200 })).rows;
const theBreak = async (kind: string, amountMinor: bigint): Promise<BreakRow> => {
  const rows = await breaks();
  const found = rows.find(
    (row) => row.kind === kind && [row.internal?.amountMinor, row.external?.amountMinor].includes(amountMinor),
  );
  if (found === undefined)
    throw new Error(
      `no ${kind} of ${amountMinor} among ${JSON.stringify(rows.map(({ kind: k, internal }) => [k, String(internal?.amountMinor)]))}`,
    );
  return found;
};
const groupOf = (...rows: readonly BreakRow[]) => ({
  breakId: rows[0]?.breakId ?? "",
  itemKeys: rows.flatMap(({ itemKeys }) => itemKeys),
});
const requestCode = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: { cause?: { code?: string } }) => error.cause?.code ?? String(error),
  );

beforeAll(async () => {
  console_ = await openTestConsole(400);
  const { lake, services } = console_;
  await pay(
    lake,
    { id: "fine", amount: 700n, on: MON },
    { id: "over", amount: 10_000n, on: THU },
    { id: "lost", amount: 5_000n, on: MON, party: "Ada Lovelace" },
    { id: "huge", amount: HUGE, on: MON },
    { id: "large", amount: 8_000_000n, on: MON },
    { id: "small-1", amount: 301n, on: MON },
    { id: "small-2", amount: 302n, on: MON },
    { id: "tiny", amount: 11n, on: MON },
  );
  await book(
    lake,
    { key: "fine", amount: 700n, on: "2026-03-03", reference: "E2E-fine" },
    { key: "over", amount: 10_200n, on: FRI, reference: "E2E-over" },
    { key: "stray", amount: 5_000n, on: FRI, reference: "OTHER-1", party: "=HYPERLINK(1)" },
    { key: "unknown", amount: 123n, on: FRI, reference: "OTHER-2" },
  );
  const account = { name: "Second finance", email: "second@test.example", roles: ["finance"] as const };
  const { id } = await services.auth.createAccount({
    ...account,
    roles: ["finance"],
    password: "correct horse battery",
    grantedBy: "test",
  });
  second = { id, ...account };
  await close();
  services.reader.renew();
}, 180_000);
afterAll(() => console_.close());

describe("the close as people read it", () => {
  it("is told by the roles that may, and by nobody else", async () => {
    await expect(console_.as("partnerships").reconciliation.day({})).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(console_.as("auditor").reconciliation.day({})).resolves.toBeDefined();
    const reason = "not mine to decide";
    for (const role of ["auditor", "treasury", "ops", "compliance"] as const) {
      const call = console_.as(role).reconciliation.unmatch({ matchId: "e|fine", reason });
      await expect(call).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  it("counts every item once: matched, broken and in flight are what came in", async () => {
    const day = await finance().day({});
    expect(day.close).toMatchObject({ businessDate: FRI, isCurrent: true });
    for (const { control, currency, minor } of day.controls.filter(
      ({ control: name }) => name === "internal payment",
    )) {
      const groups = day.groups.filter((group) => group.side === "internal" && group.currency === currency);
      const told = groups.reduce(
        (sum, { matched, broken, inFlight }) => sum + matched.amountMinor + broken.amountMinor + inFlight.amountMinor,
        0n,
      );
      expect([control, told]).toEqual([control, minor]);
    }
    expect(day.ages[0]?.buckets.reduce((sum, bucket) => sum + bucket.breaks, 0)).toBe((await breaks()).length);
  });

  it("is broken in as many places on the overview as on its own page and in the work list", async () => {
    const day = await console_.as("finance").reconciliation.day({});
    const breaks = day.kinds.reduce((sum, kind) => sum + kind.breaks, 0);
    const { rows } = await console_.as("finance").overview.get({});
    const wants = rows.find(({ index }) => index === "reconciliation")?.wants ?? [];
    expect(wants.find(({ label }) => label.startsWith("breaks"))?.count).toBe(breaks);
    expect((await console_.as("finance").reconciliation.breaks({})).total).toBe(breaks);
  });

  it("pages the work list without losing or repeating a break, in every order", async () => {
    const all = (await breaks()).map(({ breakId }) => breakId).sort();
    for (const sort of ["oldest", "newest", "value"] as const) {
      const seen: string[] = [];
      for (let cursor: string | null = null; ; ) {
        const page = await finance().breaks({ limit: 2, sort, cursor });
        seen.push(...page.rows.map(({ breakId }) => breakId));
        cursor = page.nextCursor;
        if (cursor === null) break;
      }
      expect(seen.toSorted()).toEqual(all);
    }
  });

  it("shows both sides, the field that differs and a candidate of the very amount", async () => {
    const over = await theBreak("amount_over", 10_000n);
    const detail = await finance().break({ breakId: over.breakId });
    expect(detail.summary).toMatchObject({ field: "amount", internalValue: "10000", externalValue: "10200" });
    expect(detail.items.map(({ side }) => side)).toEqual(["internal", "bank"]);
    const lost = await theBreak("missing_external", 5_000n);
    const { candidates } = await finance().break({ breakId: lost.breakId });
    expect(candidates[0]).toMatchObject({ differenceMinor: 0n, item: { lineKey: "stray" } });
  });

  it("names other parties only to those who work on breaks or see names anyway", async () => {
    const stray = (rows: readonly BreakRow[]) => rows.find(({ reference }) => reference === "OTHER-1")?.counterparty;
    expect(stray(await breaks())).toBe("=HYPERLINK(1)");
    expect(stray((await console_.as("treasury").reconciliation.breaks({ limit: 200 })).rows)).toBeNull();
    const looked = await console_.as("treasury").reconciliation.breaks({ text: "hyperlink" });
    expect(looked.total).toBe(0);
  });
});

describe("decisions", () => {
  it("below the limit count at once, and every later run obeys them", async () => {
    const over = await theBreak("amount_over", 10_000n);
    const preview = await finance().preview({ kind: "write_off", groups: [groupOf(over)] });
    expect(preview).toMatchObject({ decisions: 1, items: 2, needApproval: 0, refused: [] });
    expect(preview.sums).toMatchObject([{ currency: "EUR", differenceMinor: 200n, limitMinor: 1_000_000n }]);
    const done = await finance().decide({ kind: "write_off", groups: [groupOf(over)], reason: "bank charged twice" });
    expect(done).toMatchObject({ recorded: 1, waiting: 0 });
    expect((await theBreak("amount_over", 10_000n)).status).toBe("decided");
    expect(await rerun()).toBe("committed");
    expect((await breaks()).some(({ breakId }) => breakId === over.breakId)).toBe(false);
    const { rows } = await finance().matches({ stage: [6] });
    expect(rows).toMatchObject([{ matchType: "write_off", residualMinor: 200n, decisionId: done.decisions[0]?.id }]);
    expect(await rerun()).toBe("unchanged");
    const waterfalls = await finance().payouts({ of: "accounts" });
    const [account] = waterfalls.rows;
    expect(account?.components).toContainEqual({ component: "written_off", amountMinor: 200n });
    expect(account?.sumMinor).toBe(0n);
  });

  it("put together what belongs together, and refuse what does not add up or is decided already", async () => {
    const [lost, stray] = [await theBreak("missing_external", 5_000n), await theBreak("missing_internal", 5_000n)];
    const unknown = await theBreak("missing_internal", 123n);
    const match = (...rows: readonly BreakRow[]) =>
      finance().decide({ kind: "match", groups: [groupOf(...rows)], reason: "same customer, called the bank" });
    expect(await requestCode(match(lost))).toBe("one_item");
    expect(await requestCode(match(lost, unknown))).toBe("sums_differ");
    await match(lost, stray);
    expect(await requestCode(match(lost, stray))).toBe("item_decided");
    await rerun();
    const { rows } = await finance().matches({ stage: [6], text: "e2e-lost" });
    expect(rows).toMatchObject([{ matchType: "1:1", residualMinor: 0n, evidence: "put together by a person" }]);
  });

  it("take a match of the rules apart for good, until they are taken back", async () => {
    const { rows } = await finance().matches({ text: "e2e-fine" });
    const matchId = rows[0]?.matchId ?? "";
    const { decisions } = await finance().unmatch({ matchId, reason: "wrong customer" });
    await rerun();
    expect((await theBreak("missing_external", 700n)).status).toBe("open");
    expect((await finance().break({ breakId: (await theBreak("missing_internal", 700n)).breakId })).evidence).toBe(
      "taken apart by a person",
    );
    expect(await requestCode(finance().unmatch({ matchId, reason: "once more" }))).toBe("match_not_standing");
    await finance().revoke({ decisionId: decisions[0]?.id ?? "", reason: "it was right after all" });
    await rerun();
    expect((await finance().matches({ text: "e2e-fine" })).rows).toMatchObject([{ matchId, stage: 1 }]);
  });
});

describe("four eyes", () => {
  it("above the limit a decision waits, and whoever asked can only take it back", async () => {
    const huge = await theBreak("missing_external", HUGE);
    const ask = () => finance().decide({ kind: "write_off", groups: [groupOf(huge)], reason: "insolvent" });
    const { decisions, waiting } = await ask();
    const decisionId = decisions[0]?.id ?? "";
    expect(waiting).toBe(1);
    expect(await requestCode(finance().answer({ decisionId, answer: "approve", reason: "by myself" }))).toBe(
      "own_request",
    );
    expect(await requestCode(ask())).toBe("item_waiting");
    expect((await theBreak("missing_external", HUGE)).status).toBe("waiting");
    const { db } = console_.services.database;
    // Not even past the code: the database itself refuses it.
    const forged = db.execute(
      `UPDATE reconciliation_requests SET state = 'approved', decided_by = requested_by WHERE id = '${decisionId}'`,
    );
    await expect(forged).rejects.toThrow();
    await finance().answer({ decisionId, answer: "withdraw", reason: "asked too early" });
    expect((await theBreak("missing_external", HUGE)).status).toBe("open");
  });

  it("of two persons who approve at once one counts, and the decision is in the lake once", async () => {
    const huge = await theBreak("missing_external", HUGE);
    const { decisions } = await finance().decide({ kind: "write_off", groups: [groupOf(huge)], reason: "insolvent" });
    const decisionId = decisions[0]?.id ?? "";
    const approve = (caller: ReturnType<typeof finance>) =>
      requestCode(caller.answer({ decisionId, answer: "approve", reason: "seen the court's letter" }));
    const other = createCaller({ services: console_.services, person: second }).reconciliation;
    const answers = await Promise.all([approve(other), approve(console_.as("admin").reconciliation)]);
    expect(answers.filter((answer) => answer === "done")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "request_answered" || answer === "item_decided")).toHaveLength(1);
    const rows = await console_.sql(
      `SELECT approved_by, decided_by FROM reconciliation_decisions WHERE decision_id = '${decisionId}'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.approved_by).not.toBe(rows[0]?.decided_by);
    await rerun();
    expect((await breaks()).some(({ breakId }) => breakId === huge.breakId)).toBe(false);
    const audit = await console_.postgres.database.pool.query(
      "SELECT action FROM audit_log WHERE target = $1 ORDER BY seq",
      [huge.breakId],
    );
    expect(audit.rows.map(({ action }) => action)).toEqual([
      "reconciliation.ask",
      "reconciliation.withdraw",
      "reconciliation.ask",
      "reconciliation.approve",
    ]);
  });

  it("a rejected decision changes nothing and says who and why", async () => {
    const large = await theBreak("missing_external", 8_000_000n);
    const { decisions } = await finance().decide({ kind: "write_off", groups: [groupOf(large)], reason: "too old" });
    const caller = createCaller({ services: console_.services, person: second }).reconciliation;
    await caller.answer({ decisionId: decisions[0]?.id ?? "", answer: "reject", reason: "the bank is still looking" });
    const detail = await finance().break({ breakId: large.breakId });
    expect(detail.summary.status).toBe("open");
    expect(detail.decisions[0]).toMatchObject({
      state: "rejected",
      answer: "the bank is still looking",
      decidedBy: { name: "Second finance" },
    });
  });
});

describe("work on breaks", () => {
  it("assigns, lets rest and comments, and the list can be asked for each", async () => {
    const tiny = await theBreak("missing_external", 11n);
    const breakIds = [tiny.breakId];
    await finance().assign({ breakIds, assignee: "me" });
    expect((await finance().breaks({ assignee: "me" })).rows.map(({ breakId }) => breakId)).toEqual(breakIds);
    expect(await requestCode(finance().assign({ breakIds, assignee: console_.people.auditor.id }))).toBe(
      "not_a_worker",
    );
    const until = new Date(Date.now() + 86_400_000).toISOString();
    await finance().snooze({ breakIds, until, reason: "statement is due tomorrow" });
    expect((await finance().breaks({ status: ["snoozed"] })).rows.map(({ breakId }) => breakId)).toEqual(breakIds);
    await finance().snooze({ breakIds, until: null, reason: "it has come" });
    await finance().comment({ breakId: tiny.breakId, text: "Asked the bank." });
    const detail = await finance().break({ breakId: tiny.breakId });
    expect(detail.summary).toMatchObject({ status: "open", assigneeName: "The finance" });
    expect(detail.comments).toMatchObject([{ text: "Asked the bank.", authorName: "The finance" }]);
  });
});

describe("the file there and back", () => {
  const download = async (): Promise<string> => {
    const url = `http://console/api/export/reconciliation?view=breaks&format=csv&filter=${encodeURIComponent(JSON.stringify({ sort: "oldest" }))}`;
    const signal = new AbortController().signal;
    const answer = await answerExport(console_.services, console_.people.finance, {
      index: "reconciliation",
      url,
      signal,
    });
    expect(answer.status).toBe(200);
    return answer.text();
  };

  it("holds the rows of the table in its order, and no formula", async () => {
    const csv = await download();
    const rows: Record<string, string>[] = parse(csv, { columns: true });
    expect(rows.map(({ break_id }) => break_id)).toEqual((await breaks()).map(({ breakId }) => breakId));
    expect(csv).not.toMatch(/(^|,)"?[=@]/m);
  });

  it("says first what its fixes would do, refuses lines with their reason, and does the rest", async () => {
    const fix: Readonly<Record<string, [string, string]>> = {
      "301": ["write_off", "customer's goodwill"],
      "302": ["write_off", ""],
      "11": ["swallow", "no such thing"],
    };
    const rows: Record<string, string>[] = parse(await download(), { columns: true });
    const names = Object.keys(rows[0] ?? {});
    const lines = rows.map((row) => {
      const [decision, reason] = fix[row.internal_minor ?? ""] ?? ["", ""];
      return names.map((name) => `"${({ ...row, decision, reason }[name] ?? "").replaceAll('"', '""')}"`).join(",");
    });
    const csv = [names.join(","), ...lines].join("\r\n");
    const dry = await finance().fixes({ csv, apply: false });
    expect(dry).toMatchObject({ applied: false, rows: rows.length, untouched: rows.length - 3 });
    expect(dry.accepted).toHaveLength(1);
    expect(dry.refused.map(({ message }) => message).sort()).toEqual([
      '"swallow" is no decision: match, force_match and write_off are.',
      "The reason is missing.",
    ]);
    expect((await theBreak("missing_external", 301n)).status).toBe("open");
    expect((await finance().fixes({ csv, apply: true })).applied).toBe(true);
    expect((await theBreak("missing_external", 301n)).status).toBe("decided");
    const again = await finance().fixes({ csv, apply: true });
    expect(again.accepted).toEqual([]);
    expect(await requestCode(finance().fixes({ csv: "a,b\r\n1,2", apply: false }))).toBe("bad_fixes");
  });
});

describe("past closes", () => {
  it("reopen as they were, read-only, and tell what is different now", async () => {
    const { closes } = await finance().closes();
    const first = closes.at(-1);
    expect(closes.length).toBeGreaterThan(2);
    const past = { date: FRI, version: first?.version ?? 0 };
    const then = await finance().breaks({ close: past, limit: 200 });
    expect(then.close).toMatchObject({ isCurrent: false, run: 0 });
    expect(then.rows.map(({ kind }) => kind)).toContain("amount_over");
    expect((await breaks()).map(({ kind }) => kind)).not.toContain("amount_over");
    const diff = await finance().diff(past);
    expect(diff.lines.find(({ group }) => group === "amount_over")).toMatchObject({ gained: 0, lost: 2 });
    expect(diff.lines.find(({ group }) => group === "matched at stage 6")?.gained).toBeGreaterThan(0);
    expect(await requestCode(finance().day({ date: "2026-03-05" }))).toBe("no_such_close");
  });
});

it("what was agreed but not written is written by whoever comes next, once", async () => {
  const small = await theBreak("missing_external", 302n);
  const { db } = console_.services.database;
  await finance().decide({ kind: "write_off", groups: [groupOf(small)], reason: "goodwill" });
  const [request] = await readRequests(db, { breakIds: [small.breakId], itemKeys: [] });
  // As a process leaves it that dies after the lake's commit, before it could say so.
  await db.execute(`UPDATE reconciliation_requests SET recorded_at = NULL WHERE id = '${request?.id}'`);
  const tiny = await theBreak("missing_external", 11n);
  await finance().decide({ kind: "write_off", groups: [groupOf(tiny)], reason: "goodwill" });
  const rows = await console_.sql(`SELECT * FROM reconciliation_decisions WHERE decision_id = '${request?.id}'`);
  expect(rows).toHaveLength(1);
  const left = await console_.postgres.database.pool.query(
    "SELECT count(*)::INTEGER AS n FROM reconciliation_requests WHERE state = 'approved' AND recorded_at IS NULL",
  );
  expect(left.rows).toEqual([{ n: 0 }]);
});
