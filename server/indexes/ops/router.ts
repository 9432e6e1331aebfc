import { readHealth } from "../../console/health";
import { procedureIn, router } from "../../trpc/init";
import {
  Health,
  Latency,
  LatencyQuery,
  QuarantineDetail,
  QuarantineGroups,
  QuarantinePage,
  QuarantineQuery,
  QuarantineRowQuery,
  Streams,
  Tables,
  Throughput,
  ThroughputQuery,
} from "./contract";
import {
  CancelRunCommand,
  CommitRunCommand,
  Jobs,
  JobsQuery,
  RunCancelled,
  RunDetail,
  RunningWork,
  RunQuery,
  Runs,
  RunsQuery,
  RunsStarted,
  StartRunsCommand,
} from "./contract-jobs";
import { cancelOpenRun, commitDryRun, startRuns } from "./mutations-jobs";
import { readLatency, readThroughput } from "./queries";
import { readJobs, readRunDetail, readRunningWork, readRuns } from "./queries-jobs";
import { readQuarantineGroups, readQuarantineRow, readQuarantineRows } from "./queries-quarantine";
import { readStreams } from "./queries-streams";
import { readTables } from "./queries-tables";

const read = procedureIn("ops", "read");
const write = procedureIn("ops", "write");

export const opsRouter = router({
  streams: read.output(Streams).query(({ ctx, signal }) => readStreams(ctx.services, signal)),
  throughput: read
    .input(ThroughputQuery)
    .output(Throughput)
    .query(({ ctx, input, signal }) => readThroughput(ctx.services.reader, input, signal)),
  latency: read
    .input(LatencyQuery)
    .output(Latency)
    .query(({ ctx, input, signal }) => readLatency(ctx.services.reader, input, signal)),
  quarantineGroups: read
    .output(QuarantineGroups)
    .query(({ ctx, signal }) => readQuarantineGroups(ctx.services.reader, signal)),
  quarantineRows: read
    .input(QuarantineQuery)
    .output(QuarantinePage)
    .query(({ ctx, input, signal }) => readQuarantineRows(ctx.services.reader, input, signal)),
  quarantineRow: read
    .input(QuarantineRowQuery)
    .output(QuarantineDetail)
    .query(({ ctx, input, signal }) => readQuarantineRow(ctx.services, ctx.scope.person, input.quarantineId, signal)),
  tables: read.output(Tables).query(({ ctx, signal }) => readTables(ctx.services.reader, signal)),
  jobs: read
    .input(JobsQuery)
    .output(Jobs)
    .query(({ ctx, input }) => readJobs(ctx.services, ctx.person, input)),
  run: read
    .input(RunQuery)
    .output(RunDetail)
    .query(({ ctx, input }) => readRunDetail(ctx.services, ctx.person, input.runId)),
  runs: read
    .input(RunsQuery)
    .output(Runs)
    .query(({ ctx, input }) => readRuns(ctx.services, ctx.person, input)),
  runningWork: read.output(RunningWork).query(({ ctx }) => readRunningWork(ctx.services, ctx.person)),
  startRuns: write
    .input(StartRunsCommand)
    .output(RunsStarted)
    .mutation(({ ctx, input }) => startRuns(ctx.services, ctx.scope, input)),
  commitRun: write
    .input(CommitRunCommand)
    .output(RunsStarted)
    .mutation(({ ctx, input }) => commitDryRun(ctx.services, ctx.scope, input)),
  cancelRun: write
    .input(CancelRunCommand)
    .output(RunCancelled)
    .mutation(({ ctx, input }) => cancelOpenRun(ctx.services, ctx.scope, input)),
  health: read.output(Health).query(({ ctx, signal }) => readHealth(ctx.services, signal)),
});
