import { tracked } from "@trpc/server";
import { z } from "zod";
import { InstantText } from "../../domain/answer";
import { mapped, procedureIn, router } from "../../trpc/init";
import {
  AlertDetail,
  AlertQuery,
  AssignCommand,
  Assignees,
  BlacklistPage,
  BlacklistQuery,
  CaseNote,
  CasesChanged,
  Live,
  LiveQuery,
  NextCase,
  NextCaseQuery,
  NoteCommand,
  OnAlertQuery,
  QueueFilter,
  QueuePage,
  QueueQuery,
  SnoozeCommand,
  UnblacklistCommand,
  Unblacklisted,
  VerdictCommand,
} from "./contract";
import { Selection, SelectionChanged, SelectionCommand } from "./contract-selection";
import { assignCases, giveVerdict, readAssignees, snoozeRule, unblacklist, writeNote } from "./mutations";
import { changeSelection } from "./mutations-selection";
import { readNextCase, readQueue } from "./queries";
import { readAlert } from "./queries-alert";
import { followAlerts, readBlacklist, readLive } from "./queries-live";
import { readSelection } from "./queries-selection";

const read = procedureIn("fraud", "read");
const write = procedureIn("fraud", "write");

export const fraudRouter = router({
  queue: read
    .input(QueueQuery)
    .output(QueuePage)
    .query(({ ctx, input, signal }) => readQueue(ctx.services, ctx.scope, input, signal)),
  alert: read
    .input(AlertQuery)
    .output(AlertDetail)
    .query(({ ctx, input, signal }) => readAlert(ctx.services, ctx.scope, input.alertId, signal)),
  nextCase: read
    .input(NextCaseQuery)
    .output(NextCase)
    .query(({ ctx, input, signal }) => readNextCase(ctx.services, ctx.scope, input, signal)),
  assignees: read.output(Assignees).query(({ ctx }) => readAssignees(ctx.services)),
  live: read
    .input(LiveQuery)
    .output(Live)
    .query(({ ctx, input, signal }) => readLive(ctx.services.reader, ctx.services.rules(), input.minutes, signal)),
  blacklist: read
    .input(BlacklistQuery)
    .output(BlacklistPage)
    .query(({ ctx, input, signal }) => readBlacklist(ctx.services, input, signal)),
  verdict: write
    .input(VerdictCommand)
    .output(CasesChanged)
    .mutation(({ ctx, input }) => giveVerdict(ctx.services, ctx.scope, input)),
  assign: write
    .input(AssignCommand)
    .output(CasesChanged)
    .mutation(({ ctx, input }) => assignCases(ctx.services, ctx.scope, input)),
  selection: write
    .input(QueueFilter)
    .output(Selection)
    .query(({ ctx, input, signal }) => readSelection(ctx.services, ctx.scope, input, signal)),
  changeSelection: write
    .input(SelectionCommand)
    .output(SelectionChanged)
    .mutation(({ ctx, input }) => changeSelection(ctx.services, ctx.scope, input)),
  note: write
    .input(NoteCommand)
    .output(CaseNote)
    .mutation(({ ctx, input }) => writeNote(ctx.services, ctx.scope, input)),
  snooze: write
    .input(SnoozeCommand)
    .output(z.object({ until: InstantText.nullable() }))
    .mutation(({ ctx, input }) => snoozeRule(ctx.services, ctx.scope, input)),
  unblacklist: write
    .input(UnblacklistCommand)
    .output(Unblacklisted)
    .mutation(({ ctx, input }) => unblacklist(ctx.services, ctx.scope, input)),
  /** New alerts as they are committed; a stream that was cut goes on after the last one it told. */
  onAlert: read.input(OnAlertQuery).subscription(async function* ({ ctx, input, signal }) {
    const resumed = input.lastEventId === undefined || input.lastEventId === null ? null : Number(input.lastEventId);
    const since = resumed !== null && Number.isSafeInteger(resumed) ? resumed : input.sinceVersion;
    const until = signal ?? new AbortController().signal;
    for await (const news of mapped(followAlerts(ctx.services.reader, since, until))) {
      yield tracked(String(news.version), news);
    }
  }),
});
