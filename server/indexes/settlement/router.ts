import { procedureIn, router } from "../../trpc/init";
import {
  CalendarMonth,
  CalendarQuery,
  HoldDone,
  HoldsPage,
  PayoutDetail,
  PayoutQuery,
  PayoutsPage,
  PayoutsQuery,
  PlaceHold,
  ReleaseHold,
} from "./contract";
import { placeHold, releaseHold } from "./mutations";
import { readCalendar, readPayoutRows } from "./queries";
import { readHolds } from "./queries-holds";
import { readPayoutDetail } from "./queries-payout";

const read = procedureIn("settlement", "read");
const write = procedureIn("settlement", "write");

export const settlementRouter = router({
  payouts: read
    .input(PayoutsQuery)
    .output(PayoutsPage)
    .query(({ ctx, input, signal }) => readPayoutRows(ctx.services.reader, input, signal)),
  calendar: read
    .input(CalendarQuery)
    .output(CalendarMonth)
    .query(({ ctx, input, signal }) => readCalendar(ctx.services.reader, input, signal)),
  payout: read
    .input(PayoutQuery)
    .output(PayoutDetail)
    .query(({ ctx, input, signal }) => readPayoutDetail(ctx.services.reader, input, signal)),
  holds: read.output(HoldsPage).query(({ ctx, signal }) => readHolds(ctx.services.reader, signal)),
  placeHold: write
    .input(PlaceHold)
    .output(HoldDone)
    .mutation(({ ctx, input }) => placeHold(ctx.services, ctx.scope, input)),
  releaseHold: write
    .input(ReleaseHold)
    .output(HoldDone)
    .mutation(({ ctx, input }) => releaseHold(ctx.services, ctx.scope, input)),
});
