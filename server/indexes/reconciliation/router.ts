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
import { Approvals, ApprovalsQuery } from "./contract-decisions";
import { readBreak } from "./queries-break";
import { readBreaks } from "./queries-breaks";
import { readCloseDiff, readCloses } from "./queries-closes";
import { readDay } from "./queries-day";
import { readApprovals } from "./queries-decisions";
import { readMatch, readMatches } from "./queries-matches";
import { readPayouts } from "./queries-payouts";

const read = procedureIn("reconciliation", "read");

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
});
