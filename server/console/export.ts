import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import { type AuthorizedScope, authorize, type Person } from "../auth/scope";
import { writeAudit } from "../db/audit";
import { ConcordanceError } from "../domain/errors";
import { BlacklistQuery, QueueQuery } from "../indexes/fraud/contract";
import { readQueue } from "../indexes/fraud/queries";
import { readBlacklist } from "../indexes/fraud/queries-live";
import { MerchantsQuery } from "../indexes/merchants/contract";
import { readMerchants } from "../indexes/merchants/queries";
import { INDEX_NAMES, type IndexName } from "../indexes/names";
import { QuarantineQuery } from "../indexes/ops/contract";
import { readQuarantineRows } from "../indexes/ops/queries-quarantine";
import { readTables } from "../indexes/ops/queries-tables";
import { BreaksQuery, CloseQuery, MatchesQuery, PayoutsQuery } from "../indexes/reconciliation/contract";
import { readBreaks } from "../indexes/reconciliation/queries-breaks";
import { readDay } from "../indexes/reconciliation/queries-day";
import { readMatches } from "../indexes/reconciliation/queries-matches";
import { readPayouts } from "../indexes/reconciliation/queries-payouts";
import { CalendarQuery, PayoutsQuery as SchedulesQuery } from "../indexes/settlement/contract";
import { readCalendar, readPayoutRows } from "../indexes/settlement/queries";
import { readHolds } from "../indexes/settlement/queries-holds";
import { CONTENT_TYPES, FILE_FORMATS, type FileColumn, type FileFormat, writeRows } from "../query/row-file";
import { publicError, toTrpcError } from "../trpc/errors";
import { ALERT_FILE, BLACKLIST_FILE, MERCHANT_FILE, QUARANTINE_FILE, TABLE_FILE } from "./export-columns";
import { BREAK_FILE, DAY_FILE, MATCH_FILE, WATERFALL_FILE } from "./export-reconciliation";
import { CASH_FILE, HOLD_FILE, PAYOUT_FILE } from "./export-settlement";
import type { Services } from "./services";

/** Rows read at once: as many as keep a page's memory small. */
const PAGE_ROWS = 10_000;

interface Asked {
  /** Its reader is pinned: all pages are of one snapshot. */
  readonly services: Services;
  readonly scope: AuthorizedScope;
  readonly filter: unknown;
  readonly signal: AbortSignal;
}

interface Exported {
  /** The filter as it was understood, for the audit. */
  readonly filter: unknown;
  write(format: FileFormat): AsyncGenerator<Uint8Array>;
}

/** Binds a table's own query to its columns; the first page is read by whoever asks for the first bytes. */
function exported<Row>(
  { services }: Asked,
  filter: unknown,
  columns: readonly FileColumn<Row>[],
  pages: () => AsyncGenerator<readonly Row[]>,
): Exported {
  return { filter, write: (format) => writeRows(services.reader.lake, format, columns, pages()) };
}

type Page<Row> = { readonly rows: readonly Row[]; readonly nextCursor: string | null };

async function* keyset<Row>(read: (cursor: string | null) => Promise<Page<Row>>): AsyncGenerator<readonly Row[]> {
  let cursor: string | null = null;
  do {
    const page: Page<Row> = await read(cursor);
    yield page.rows;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** What can be exported: the tables of the console, each by the query that fills it on screen. */
const VIEWS: Readonly<Record<IndexName, Readonly<Record<string, (asked: Asked) => Exported>>>> = {
  fraud: {
    queue: (asked) => {
      const query = QueueQuery.parse(asked.filter);
      return exported(asked, query, ALERT_FILE, () =>
        keyset((cursor) =>
          readQueue(asked.services, asked.scope, { ...query, cursor, limit: PAGE_ROWS }, asked.signal),
        ),
      );
    },
    blacklist: (asked) => {
      const query = BlacklistQuery.parse(asked.filter);
      return exported(asked, query, BLACKLIST_FILE, () =>
        keyset((cursor) => readBlacklist(asked.services, { ...query, cursor, limit: PAGE_ROWS }, asked.signal)),
      );
    },
  },
  reconciliation: {
    breaks: (asked) => {
      const query = BreaksQuery.parse(asked.filter);
      return exported(asked, query, BREAK_FILE, () =>
        keyset((cursor) =>
          readBreaks(asked.services, asked.scope, { ...query, cursor, limit: PAGE_ROWS }, asked.signal),
        ),
      );
    },
    matches: (asked) => {
      const query = MatchesQuery.parse(asked.filter);
      return exported(asked, query, MATCH_FILE, () =>
        keyset((cursor) => readMatches(asked.services.reader, { ...query, cursor, limit: PAGE_ROWS }, asked.signal)),
      );
    },
    payouts: (asked) => {
      const query = PayoutsQuery.parse(asked.filter);
      return exported(asked, query, WATERFALL_FILE, async function* () {
        const read = (cursor: string | null) =>
          readPayouts(asked.services.reader, { ...query, cursor, limit: PAGE_ROWS }, asked.signal);
        for await (const rows of keyset(read)) {
          yield rows.flatMap(({ components, ...row }) => components.map((component) => ({ ...row, ...component })));
        }
      });
    },
    day: (asked) => {
      const query = CloseQuery.parse(asked.filter);
      return exported(asked, query, DAY_FILE, async function* () {
        yield (await readDay(asked.services.reader, query, asked.signal)).groups;
      });
    },
  },
  merchants: {
    list: (asked) => {
      const query = MerchantsQuery.parse(asked.filter);
      return exported(asked, query, MERCHANT_FILE, async function* () {
        for (let page = 0; ; page++) {
          const wanted = { ...query, page, pageSize: PAGE_ROWS };
          const { rows } = await readMerchants(asked.services.reader, wanted, asked.signal);
          yield rows;
          if (rows.length < PAGE_ROWS) return;
        }
      });
    },
  },
  settlement: {
    payouts: (asked) => {
      const query = SchedulesQuery.parse(asked.filter);
      return exported(asked, query, PAYOUT_FILE, () =>
        keyset((cursor) => readPayoutRows(asked.services.reader, { ...query, cursor, limit: PAGE_ROWS }, asked.signal)),
      );
    },
    calendar: (asked) => {
      const query = CalendarQuery.parse(asked.filter);
      return exported(asked, query, CASH_FILE, async function* () {
        yield (await readCalendar(asked.services.reader, query, asked.signal)).days;
      });
    },
    holds: (asked) =>
      exported(asked, {}, HOLD_FILE, async function* () {
        yield (await readHolds(asked.services.reader, asked.signal)).holds;
      }),
  },
  ops: {
    quarantine: (asked) => {
      const query = QuarantineQuery.parse(asked.filter);
      return exported(asked, query, QUARANTINE_FILE, () =>
        keyset((cursor) =>
          readQuarantineRows(asked.services.reader, { ...query, cursor, limit: PAGE_ROWS }, asked.signal),
        ),
      );
    },
    tables: (asked) =>
      exported(asked, {}, TABLE_FILE, async function* () {
        yield (await readTables(asked.services.reader, asked.signal)).tables;
      }),
  },
};

/**
 * Answers an export: every row of exactly the table's own query, of one snapshot, as a file of any size. The role is
 * checked first, and the audit row is written before the first byte; when the caller leaves, reading stops.
 */
export async function answerExport(
  services: Services,
  person: Person | null,
  request: { readonly index: string; readonly url: string; readonly signal: AbortSignal },
): Promise<Response> {
  try {
    return await startExport(services, person, request);
  } catch (error) {
    const fault = error instanceof z.ZodError ? badFilter(error) : error;
    const mapped = toTrpcError(fault);
    const status = getHTTPStatusCodeFromError(mapped);
    if (status >= 500) services.log.error({ err: error, index: request.index }, "export failed");
    return Response.json({ message: mapped.message, ...publicError(mapped) }, { status });
  }
}

async function startExport(
  services: Services,
  person: Person | null,
  { index, url, signal }: { readonly index: string; readonly url: string; readonly signal: AbortSignal },
): Promise<Response> {
  if (person === null) {
    throw new ConcordanceError({
      kind: "unauthenticated",
      code: "not_signed_in",
      message: "Nobody is signed in.",
      remedy: "Sign in and try again.",
    });
  }
  const parameters = new URL(url).searchParams;
  const known = INDEX_NAMES.find((name) => name === index);
  if (known === undefined) throw noSuchView(index, INDEX_NAMES);
  const scope = authorize(person, known, "read");
  const name = parameters.get("view") ?? Object.keys(VIEWS[known])[0] ?? "";
  const view = Object.hasOwn(VIEWS[known], name) ? VIEWS[known][name] : undefined;
  if (view === undefined) throw noSuchView(`${index}.${name}`, Object.keys(VIEWS[known]));
  const format = z.enum(FILE_FORMATS).parse(parameters.get("format") ?? "csv");
  const left = new AbortController();
  const until = AbortSignal.any([signal, left.signal]);
  const pinned = { ...services, reader: await services.reader.pinned() };
  const answer = view({ services: pinned, scope, filter: filterOf(parameters.get("filter")), signal: until });
  const bytes = answer.write(format);
  // The first bytes before the headers, so that a refusal is told as one; for CSV these are only its names.
  const first = await bytes.next();
  await services.database.db.transaction((tx) =>
    writeAudit(tx, person, [
      {
        action: "export.download",
        targetType: "export",
        target: `${index}.${name}`,
        detail: { format, filter: answer.filter },
      },
    ]),
  );
  return new Response(streamOf(first, bytes, left), {
    headers: {
      "content-type": CONTENT_TYPES[format],
      "content-disposition": `attachment; filename="concordance-${index}-${name}.${format}"`,
      "cache-control": "no-store",
    },
  });
}

/** Reads on only as fast as the caller takes. */
function streamOf(
  first: IteratorResult<Uint8Array>,
  bytes: AsyncGenerator<Uint8Array>,
  left: AbortController,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | null = first;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value, done } = next ?? (await bytes.next());
        next = null;
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        left.abort();
        await bytes.return(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function filterOf(text: string | null): unknown {
  if (text === null) return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_filter",
      message: "The filter of the export is not JSON.",
      remedy: "Export from the table on the page.",
      cause,
    });
  }
}

const badFilter = (error: z.ZodError) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "bad_filter",
    message: `The export's filter or format is not valid. ${z.prettifyError(error)}`,
    remedy: `Export from the table on the page; formats are ${FILE_FORMATS.join(", ")}.`,
    cause: error,
  });

const noSuchView = (wanted: string, known: readonly string[]) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_export",
    message: `There is no export ${wanted}.`,
    remedy: `Ask for one of ${known.join(", ")}.`,
  });
