import { z } from "zod";
import { mapped, personal, procedureIn, router } from "../trpc/init";
import { Freshness, Me, Overview, OverviewQuery, SearchQuery, SearchResult, Trace, TraceQuery } from "./contract";
import { followFreshness, readFreshness } from "./freshness";
import { readOverview } from "./overview";
import { readPayments } from "./payments";
import { PaymentsPage, PaymentsQuery } from "./payments-contract";
import { findAnything } from "./search";
import { describePerson } from "./session";
import { readTrace } from "./trace";
import { changeView, chooseDefault, listViews, removeView, saveView } from "./views";
import {
  ChangeViewCommand,
  DefaultViewCommand,
  RemoveViewCommand,
  SavedViews,
  SaveViewCommand,
  ViewsQuery,
} from "./views-contract";

const freshness = procedureIn("freshness", "read");

export const sessionRouter = router({
  me: personal.output(Me).query(({ ctx }) => describePerson(ctx.person)),
});

export const overviewRouter = router({
  get: procedureIn("overview", "read")
    .input(OverviewQuery)
    .output(Overview)
    .query(({ ctx, input, signal }) => readOverview(ctx.services, ctx.scope, input.businessDate, signal)),
  /** Single payments: for who may trace one. */
  payments: procedureIn("trace", "read")
    .input(PaymentsQuery)
    .output(PaymentsPage)
    .query(({ ctx, input, signal }) => readPayments(ctx.services.reader, input, signal)),
});

export const searchRouter = router({
  find: procedureIn("search", "read")
    .input(SearchQuery)
    .output(SearchResult)
    .query(({ ctx, input, signal }) => findAnything(ctx.services.reader, ctx.scope, input.text, signal)),
});

export const traceRouter = router({
  get: procedureIn("trace", "read")
    .input(TraceQuery)
    .output(Trace)
    .query(({ ctx, input, signal }) => readTrace(ctx.services.reader, ctx.scope, input, signal)),
});

export const freshnessRouter = router({
  get: freshness.output(Freshness).query(({ ctx }) => readFreshness(ctx.services.reader)),
  /** Freshness of every index as it changes. */
  on: freshness.subscription(({ ctx, signal }) =>
    mapped(followFreshness(ctx.services.reader, signal ?? new AbortController().signal)),
  ),
});

const ViewRef = z.object({ id: z.string() });

/** Everybody keeps views of their own; the rows behind them are checked by the table's own procedure. */
export const viewsRouter = router({
  list: personal
    .input(ViewsQuery)
    .output(SavedViews)
    .query(({ ctx, input }) => listViews(ctx.services.database.db, ctx.person, input.table)),
  save: personal
    .input(SaveViewCommand)
    .output(ViewRef)
    .mutation(({ ctx, input }) => saveView(ctx.services.database.db, ctx.person, input)),
  change: personal
    .input(ChangeViewCommand)
    .output(ViewRef)
    .mutation(({ ctx, input }) => changeView(ctx.services.database.db, ctx.person, input)),
  remove: personal
    .input(RemoveViewCommand)
    .output(ViewRef)
    .mutation(({ ctx, input }) => removeView(ctx.services.database.db, ctx.person, input.id)),
  chooseDefault: personal
    .input(DefaultViewCommand)
    .output(z.object({ id: z.string().nullable() }))
    .mutation(({ ctx, input }) => chooseDefault(ctx.services.database.db, ctx.person, input)),
});
