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
import { readLatency, readThroughput } from "./queries";
import { readQuarantineGroups, readQuarantineRow, readQuarantineRows } from "./queries-quarantine";
import { readStreams } from "./queries-streams";
import { readTables } from "./queries-tables";

const read = procedureIn("ops", "read");

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
  health: read.output(Health).query(({ ctx, signal }) => readHealth(ctx.services, signal)),
});
