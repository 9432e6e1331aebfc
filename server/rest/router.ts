import { mayAccess } from "../auth/access";
import { namesOf } from "../db/people";
import {
  StatementFileDetail,
  StatementFileQuery,
  StatementFilesPage,
  StatementFilesQuery,
  StatementLimits,
  StatementLinesPage,
  StatementLinesQuery,
  TakeAgainCommand,
  TicketAnswer,
  TicketQuery,
} from "../indexes/reconciliation/contract-statements";
import {
  readStatementFile,
  readStatementFiles,
  readStatementLines,
} from "../indexes/reconciliation/queries-statements";
import { procedureIn, router } from "../trpc/init";
import { readTicket, takeAgain } from "./statements";

const read = procedureIn("statements", "read");

/** Statement files for the console: what came, what became of it, and taking a refused one again. */
export const statementsRouter = router({
  files: read
    .input(StatementFilesQuery)
    .output(StatementFilesPage)
    .query(({ ctx, input, signal }) => readStatementFiles(ctx.services.reader, input, signal)),
  file: read
    .input(StatementFileQuery)
    .output(StatementFileDetail)
    .query(async ({ ctx, input, signal }) => {
      const { byId, options: _, ...detail } = await readStatementFile(ctx.services.reader, input.intake, signal);
      const names = byId === null ? null : await namesOf(ctx.services.database.db, [byId]);
      return { ...detail, by: byId === null ? null : (names?.get(byId) ?? byId) };
    }),
  lines: read
    .input(StatementLinesQuery)
    .output(StatementLinesPage)
    .query(({ ctx, input, signal }) => readStatementLines(ctx.services.reader, input, signal)),
  limits: read.output(StatementLimits).query(({ ctx }) => {
    const { bytesMax, sources } = ctx.services.statements;
    const mayDeliver = mayAccess(ctx.person.roles, "statements", "write");
    return { bytesMax, sources: [...sources.keys()], mayDeliver };
  }),
  ticket: read
    .input(TicketQuery)
    .output(TicketAnswer)
    .query(({ ctx, input }) => readTicket(ctx.services, input.ticket)),
  takeAgain: procedureIn("statements", "write")
    .input(TakeAgainCommand)
    .output(TicketAnswer)
    .mutation(({ ctx, input }) => takeAgain(ctx.services, ctx.scope, ctx.services.statements, input)),
});
