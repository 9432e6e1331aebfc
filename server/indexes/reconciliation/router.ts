import { z } from "zod";
import { procedureIn, router } from "../../trpc/init";
import {
  BreakDetail,
  BreakQuery,
  BreaksPage,
  BreaksQuery,
  CloseDiff,
  CloseQuery,
  Closes,
  DaySummary,
  MatchDetail,
  MatchesPage,
  MatchesQuery,
  MatchQuery,
  PayoutsPage,
  PayoutsQuery,
} from "./contract";
import {
  AnswerCommand,
  Approvals,
  ApprovalsQuery,
  AssignBreaksCommand,
  CommentCommand,
  DecideCommand,
  Decided,
  DecisionPreview,
  Fixes,
  FixesCommand,
  PreviewQuery,
  RevokeCommand,
  SnoozeBreaksCommand,
  UnmatchCommand,
  Workers,
} from "./contract-decisions";
import { assign, comment, readWorkers, snooze } from "./mutations";
import { answer, decide, previewDecisions, revoke, unmatch } from "./mutations-decisions";
import { applyFixes } from "./mutations-fixes";
import { readBreak } from "./queries-break";
import { readBreaks } from "./queries-breaks";
import { readCloseDiff, readCloses } from "./queries-closes";
import { readDay } from "./queries-day";
import { readApprovals } from "./queries-decisions";
import { readMatch, readMatches } from "./queries-matches";
import { readPayouts } from "./queries-payouts";

const read = procedureIn("reconciliation", "read");
const write = procedureIn("reconciliation", "write");
const Changed = z.object({ changed: z.number().int() });

export const reconciliationRouter = router({
  closes: read.output(Closes).query(({ ctx }) => readCloses(ctx.services.reader)),
  diff: read
    .input(CloseQuery)
    .output(CloseDiff)
    .query(({ ctx, input }) => readCloseDiff(ctx.services.reader, input)),
  day: read
    .input(CloseQuery)
    .output(DaySummary)
    .query(({ ctx, input, signal }) => readDay(ctx.services.reader, input, signal)),
  breaks: read
    .input(BreaksQuery)
    .output(BreaksPage)
    .query(({ ctx, input, signal }) => readBreaks(ctx.services, ctx.scope, input, signal)),
  break: read
    .input(BreakQuery)
    .output(BreakDetail)
    .query(({ ctx, input, signal }) => readBreak(ctx.services, ctx.scope, input, signal)),
  matches: read
    .input(MatchesQuery)
    .output(MatchesPage)
    .query(({ ctx, input, signal }) => readMatches(ctx.services.reader, input, signal)),
  match: read
    .input(MatchQuery)
    .output(MatchDetail)
    .query(({ ctx, input, signal }) => readMatch(ctx.services, ctx.scope, input, signal)),
  payouts: read
    .input(PayoutsQuery)
    .output(PayoutsPage)
    .query(({ ctx, input, signal }) => readPayouts(ctx.services.reader, input, signal)),
  approvals: read
    .input(ApprovalsQuery)
    .output(Approvals)
    .query(({ ctx, input }) => readApprovals(ctx.services, ctx.scope, input.state)),
  workers: read.output(Workers).query(({ ctx }) => readWorkers(ctx.services)),
  preview: write
    .input(PreviewQuery)
    .output(DecisionPreview)
    .mutation(({ ctx, input }) => previewDecisions(ctx.services, input)),
  decide: write
    .input(DecideCommand)
    .output(Decided)
    .mutation(({ ctx, input }) => decide(ctx.services, ctx.scope, input)),
  unmatch: write
    .input(UnmatchCommand)
    .output(Decided)
    .mutation(({ ctx, input }) => unmatch(ctx.services, ctx.scope, input)),
  revoke: write
    .input(RevokeCommand)
    .output(Decided)
    .mutation(({ ctx, input }) => revoke(ctx.services, ctx.scope, input)),
  answer: write
    .input(AnswerCommand)
    .output(z.object({ state: z.string() }))
    .mutation(({ ctx, input }) => answer(ctx.services, ctx.scope, input)),
  fixes: write
    .input(FixesCommand)
    .output(Fixes)
    .mutation(({ ctx, input }) => applyFixes(ctx.services, ctx.scope, input)),
  assign: write
    .input(AssignBreaksCommand)
    .output(Changed)
    .mutation(({ ctx, input }) => assign(ctx.services, ctx.scope, input)),
  snooze: write
    .input(SnoozeBreaksCommand)
    .output(Changed)
    .mutation(({ ctx, input }) => snooze(ctx.services, ctx.scope, input)),
  comment: write
    .input(CommentCommand)
    .output(z.object({ id: z.string(), authorName: z.string(), text: z.string(), at: z.string() }))
    .mutation(({ ctx, input }) => comment(ctx.services, ctx.scope, input)),
});
