import { mayAccess } from "../auth/access";
import type { AuthorizedScope } from "../auth/scope";
import { activeSnoozes } from "../db/cases";
import { readHeartbeats } from "../db/heartbeats";
import { INDEX_APIS } from "../indexes/api";
import { queueCheck } from "../indexes/fraud/queries";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS } from "../indexes/fraud/tables";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "../indexes/merchants/tables";
import { INDEX_NAMES, INDEXES, type IndexName } from "../indexes/names";
import { readBalances } from "../indexes/ops/queries-streams";
import { OPS_MINUTES } from "../indexes/ops/tables";
import { QUARANTINE, TRANSACTIONS } from "../pipeline/tables";
import { type FileCounts, openFileCounts } from "../query/file-counts";
import { asOfOf, type LakeReader, type LakeView } from "../query/reader";
import { textOrNull, whole } from "../query/values";
import type { ControlTotal, Overview, OverviewRow } from "./contract";
import { readFreshness } from "./freshness";
import { moneyOfDay } from "./money";
import { reconciliationPart } from "./overview-reconciliation";
import { settlementPart } from "./overview-settlement";
import type { Services } from "./services";

const TREND_MINUTES = 120;
const TREND_STEP_SECONDS = 300;

type Part = Pick<OverviewRow, "controls" | "wants" | "trend">;
type ReadPart = (services: Services, view: LakeView, casesTable: string) => Promise<Part>;

/** How each index tells its state; a new index is asked for by the compiler. */
const PARTS: Readonly<Record<IndexName, ReadPart>> = {
  fraud: readFraud,
  reconciliation: reconciliationPart,
  settlement: settlementPart,
  merchants: readMerchants,
  ops: readOps,
};

/** One row per index the person may read: is it fresh, is it right, what wants a person; and the day's money. */
export async function readOverview(
  services: Services,
  scope: AuthorizedScope,
  wantedDate: string | null,
  signal?: AbortSignal,
): Promise<Overview> {
  const [freshness, casesTable] = await Promise.all([readFreshness(services.reader), services.cases.fresh()]);
  const names = INDEX_NAMES.filter((index) => mayAccess(scope.person.roles, index, "read"));
  return services.reader.read({ name: "overview.get", signal }, async (view) => {
    const rows: OverviewRow[] = [];
    for (const index of names) {
      const own = freshness.indexes.find((entry) => entry.index === index);
      if (own === undefined) continue;
      const { title, question, pages } = INDEXES[index];
      const part = await PARTS[index](services, view, casesTable);
      rows.push({ index, title, question, href: pages[0].path, freshness: own, ...part });
    }
    const businessDate = wantedDate ?? newestDate(view);
    const day = businessDate === null ? null : await moneyOfDay(services.reader, view, businessDate);
    return {
      rows,
      businessDate,
      money: day?.money ?? [],
      moneyReadAt: day?.readAt ?? null,
      openDecisions: mayAccess(scope.person.roles, "fraud", "read") ? await readDecisions(view, casesTable) : [],
      asOf: asOfOf(view, [TRANSACTIONS.name, ...names.flatMap((index) => INDEX_APIS[index].tables)], TRANSACTIONS.name),
    };
  });
}

function newestDate(view: LakeView): string | null {
  let newest: string | null = null;
  for (const { stats } of view.snapshot(TRANSACTIONS.name).files) {
    const date = stats.maxValues.business_date;
    if (typeof date === "string" && (newest === null || date > newest)) newest = date;
  }
  return newest;
}

/** Rows per five minutes over the last two hours, by an instant column. */
async function trendOf(view: LakeView, table: string, column: string, value: string, label: string) {
  const stepMs = TREND_STEP_SECONDS * 1000;
  const lastMs = Math.floor(Date.now() / stepMs) * stepMs;
  const firstMs = lastMs - TREND_MINUTES * 60_000 + stepMs;
  const from = new Date(firstMs).toISOString();
  const rows = await view.rows(
    `SELECT epoch_us(${column}) // ${TREND_STEP_SECONDS}000000 AS slot, (${value})::BIGINT AS figure
       FROM ${await view.scan(table, { column, min: from })} WHERE ${column} >= $from::TIMESTAMPTZ GROUP BY slot`,
    { from },
  );
  const found = new Map(rows.map((row) => [whole(row, "slot"), whole(row, "figure")]));
  const points: { at: string; value: number }[] = [];
  for (let ms = firstMs; ms <= lastMs; ms += stepMs) {
    points.push({ at: new Date(ms).toISOString(), value: found.get(ms / stepMs) ?? 0 });
  }
  return { label, points };
}

async function readFraud(services: Services, view: LakeView, casesTable: string): Promise<Part> {
  const { denied, queued, equal } = await queueCheck(services.reader, view);
  const snoozes = await activeSnoozes(services.database.db);
  const snoozed = await view.texts(
    "overview_snoozed",
    snoozes.map(({ rule, entityId }) => `${rule}\u001f${entityId}`),
  );
  const [open] = await view.rows(
    `SELECT count(*) FILTER (a.severity = 'HIGH') AS high, count(*) AS open
       FROM ${await view.scan(ALERTS.name)} a LEFT JOIN ${casesTable} c ON c.alert_id = a.alert_id
      WHERE coalesce(c.status, 'new') IN ('new', 'assigned')
        AND (a.rule || chr(31) || a.entity_id) NOT IN (SELECT value FROM ${snoozed})`,
  );
  const [high, all] = open === undefined ? [0, 0] : [whole(open, "high"), whole(open, "open")];
  return {
    controls: [
      control(
        "denied payments = queued for investigation",
        "/fraud/queue?status=&rule=blacklisted_party",
        denied,
        queued,
        equal,
      ),
    ],
    wants: [
      { label: "HIGH alerts open", count: high, href: "/fraud/queue?severity=HIGH", urgent: high > 0 },
      { label: "alerts open", count: all, href: "/fraud/queue", urgent: false },
    ],
    trend: await trendOf(view, ALERTS.name, "detected_at", "count(*)", "alerts per 5 minutes"),
  };
}

const control = (name: string, href: string, left: number, right: number, equal = left === right): ControlTotal => ({
  name,
  href,
  left,
  right,
  equal,
});

interface MerchantSums {
  readonly events: FileCounts;
  readonly statuses: FileCounts;
  readonly customers: FileCounts;
}

const merchantSums = new WeakMap<LakeReader, MerchantSums>();

/** Sums over the whole table, each file summed once. */
function merchantSumsOf(reader: LakeReader): MerchantSums {
  const sumOf = (measure: string) =>
    openFileCounts(reader.lake, MERCHANTS_PARTIAL.name, { group: "'all'", condition: "true", measure });
  const sums = merchantSums.get(reader) ?? {
    events: sumOf("sum(events)"),
    statuses: sumOf(
      "sum(received + pending + approved + declined + settled + failed + returned + refunded + chargebacks)",
    ),
    customers: sumOf("sum(new_customers)"),
  };
  merchantSums.set(reader, sums);
  return sums;
}

async function readMerchants({ reader }: Services, view: LakeView): Promise<Part> {
  const sums = merchantSumsOf(reader);
  const of = async (figure: FileCounts) => (await figure.count(view)).get("all") ?? 0;
  const customers = view.snapshot(MERCHANT_CUSTOMERS.name).files.reduce((sum, file) => sum + file.stats.numRecords, 0);
  return {
    controls: [
      control("events = sum of their statuses", "/merchants", await of(sums.events), await of(sums.statuses)),
      control("new customers counted = customers stored", "/merchants", await of(sums.customers), customers),
    ],
    wants: [],
    trend: await trendOf(view, MERCHANTS_PARTIAL.name, "last_event_time", "sum(events)", "events per 5 minutes"),
  };
}

async function readOps(services: Services, view: LakeView): Promise<Part> {
  const balances = [...(await readBalances(services.reader, view))];
  const ailing = (await readHeartbeats(services.database.db)).filter(({ state }) =>
    ["lost", "failed", "restarting"].includes(state),
  );
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const [recent] = await view.rows(
    `SELECT count(*) AS records FROM ${await view.scan(QUARANTINE.name, { column: "ingested_at", min: hourAgo })}
      WHERE ingested_at >= $from::TIMESTAMPTZ`,
    { from: hourAgo },
  );
  const quarantined = recent === undefined ? 0 : whole(recent, "records");
  return {
    controls: balances.map(([source, b]) =>
      control(
        `${source}: in = accepted + quarantined + duplicates`,
        "/operations/streams",
        b.recordsIn,
        b.accepted + b.quarantined + b.duplicates,
        b.balanced,
      ),
    ),
    wants: [
      { label: "processes not well", count: ailing.length, href: "/operations/health", urgent: ailing.length > 0 },
      { label: "quarantined in the last hour", count: quarantined, href: "/operations/quarantine", urgent: false },
    ],
    trend: await trendOf(
      view,
      OPS_MINUTES.name,
      "minute",
      "sum(accepted + quarantined + duplicates)",
      "records per 5 minutes",
    ),
  };
}

async function readDecisions(view: LakeView, casesTable: string): Promise<Overview["openDecisions"]> {
  const rows = await view.rows(
    `SELECT coalesce(c.status, 'new') AS status, count(*) AS alerts, min(a.detected_at) AS oldest
       FROM ${await view.scan(ALERTS.name)} a LEFT JOIN ${casesTable} c ON c.alert_id = a.alert_id
      WHERE coalesce(c.status, 'new') IN ('new', 'assigned') GROUP BY ALL`,
  );
  const of = (status: string, title: string) => {
    const row = rows.find((candidate) => candidate.status === status);
    return {
      title,
      count: row === undefined ? 0 : whole(row, "alerts"),
      oldestAt: row === undefined ? null : textOrNull(row, "oldest"),
      href: `/fraud/queue?status=${status}`,
    };
  };
  const listed = view.snapshot(BLACKLIST.name).files.reduce((sum, file) => sum + file.stats.numRecords, 0);
  const removed = view.snapshot(BLACKLIST_REMOVALS.name).files.reduce((sum, file) => sum + file.stats.numRecords, 0);
  return [
    of("new", "New fraud alerts"),
    of("assigned", "Assigned fraud alerts"),
    { title: "Blacklist entries", count: listed - removed, oldestAt: null, href: "/fraud/blacklist" },
  ];
}
