import {
  freshnessRouter,
  overviewRouter,
  searchRouter,
  sessionRouter,
  traceRouter,
  viewsRouter,
} from "../console/router";
import { fraudRouter } from "../indexes/fraud/router";
import { merchantsRouter } from "../indexes/merchants/router";
import { opsRouter } from "../indexes/ops/router";
import { reconciliationRouter } from "../indexes/reconciliation/router";
import { settlementRouter } from "../indexes/settlement/router";
import { statementsRouter } from "../rest/router";
import { createCallerFactory, router } from "./init";

export const appRouter = router({
  session: sessionRouter,
  overview: overviewRouter,
  search: searchRouter,
  trace: traceRouter,
  views: viewsRouter,
  freshness: freshnessRouter,
  fraud: fraudRouter,
  reconciliation: reconciliationRouter,
  merchants: merchantsRouter,
  settlement: settlementRouter,
  ops: opsRouter,
  statements: statementsRouter,
});

export type AppRouter = typeof appRouter;

/** Calls procedures in process: for server components and tests. */
export const createCaller = createCallerFactory(appRouter);
