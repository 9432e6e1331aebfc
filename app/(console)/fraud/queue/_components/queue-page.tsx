"use client";

import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useCallback, useState } from "react";
import { NewRowsPill } from "@/components/console/new-rows-pill";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { usePageKeys } from "@/components/console/use-page-keys";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import { StatusBadge } from "@/components/ui/status-badge";
import type { AlertRow, QueuePage as QueueData, Verdict } from "@/server/indexes/fraud/contract";
import type { SelectionAct } from "@/server/indexes/fraud/contract-selection";
import { ALERT_COLUMNS } from "./alert-columns";
import classes from "./queue.module.css";
import { QueueFilters } from "./queue-filters";
import { exportHrefOf, PAGE_ROWS, QUEUE_VIEW_KEYS, type QueueState, queryOf, queueParsers } from "./queue-state";
import { useAllPages } from "./use-all-pages";
import { useCaseVerbs } from "./use-case-verbs";
import { useQueue } from "./use-queue";

// Seen once a case is opened or chosen: no part of the first load.
const AlertPanel = dynamic(() => import("./alert-panel").then((panel) => panel.AlertPanel), { ssr: false });
const BulkBar = dynamic(() => import("./bulk-bar").then((bar) => bar.BulkBar), { ssr: false });

const keyOf = ({ alertId }: AlertRow): string => alertId;

/** The analyst's work list. */
export function QueuePage() {
  const [state, setState] = useQueryStates(queueParsers, { history: "push" });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { can } = useMe();
  const writes = can("fraud", "write");
  const { query, first, rows, waiting, paused, setPaused } = useQueue(state);
  const everywhere = useAllPages(state);
  const verbs = useCaseVerbs();
  const { onChange: chooseAll } = everywhere;
  const clear = useCallback(() => {
    setSelected(new Set());
    chooseAll(false);
  }, [chooseAll]);
  const change = useCallback(
    (filter: Partial<QueueState>) => {
      clear();
      void setState(filter);
    },
    [setState, clear],
  );
  const open = (alertId: string | null) => void setState({ alert: alertId }, { history: "replace" });
  const active = rows?.find(({ alertId }) => alertId === state.alert) ?? null;
  const chosen = rows?.filter((row) => selected.has(row.alertId)) ?? [];
  const showNew = useShowNew(state, query.refetch);
  const next = useNextCase(state, open);
  const decide = async (targets: readonly AlertRow[], verdict: Verdict) => {
    const done = await verbs.decide(targets, verdict);
    if (!done) return;
    clear();
    if (targets.length === 1) open(neighbourOf(rows ?? [], targets[0]));
  };
  const act = async (wanted: SelectionAct) => {
    const { chosen: all, selection, filter } = everywhere;
    const done =
      all && selection !== undefined
        ? await verbs.changeAll({ filter, pin: selection.pin, cases: selection.cases, act: wanted })
        : wanted.kind === "verdict"
          ? await verbs.decide(chosen, wanted.verdict)
          : await verbs.give(chosen, wanted.assignee);
    if (done) clear();
  };
  usePageKeys([
    { key: ".", label: "Show what has come", run: showNew },
    { key: "p", label: "Pause or go on live", run: () => setPaused(!paused) },
    { key: "escape", label: "Close the panel", run: () => open(null) },
    ...(writes ? verdictKeys({ active, decide, give: verbs.give, next }) : []),
  ]);
  return (
    <>
      <PageHeader
        title="Fraud queue"
        asOf={first?.asOf}
        description="Payments that look suspicious. Decide each, or hand it on."
        actions={
          <>
            {first !== undefined && <QueueCheck check={first.check} />}
            <NewRowsPill count={waiting} paused={paused} onShow={showNew} onPauseChange={setPaused} />
          </>
        }
      />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <QueueFilters state={state} onChange={change} counts={first?.byStatus ?? null} snoozed={first?.snoozed ?? 0} />
      <div className={classes.split} data-open={state.alert !== null}>
        <DataTable
          id="fraud-queue"
          label="Fraud alerts"
          columns={ALERT_COLUMNS}
          rows={rows}
          rowKey={keyOf}
          sort={{ key: state.sort, direction: "descending" }}
          onSort={({ key }) => change({ sort: key === "riskiest" ? "riskiest" : "newest" })}
          {...(writes ? { selected, onSelect: setSelected, allPages: everywhere } : {})}
          activeKey={state.alert}
          onActivate={({ alertId }) => open(alertId)}
          total={first?.total}
          hasMore={query.hasNextPage}
          onMore={query.fetchNextPage}
          fetching={query.isFetching}
          error={rows === undefined || query.isFetchNextPageError ? query.error : null}
          onRetry={query.refetch}
          empty={<NoAlerts state={state} onClear={change} />}
          exportHref={exportHrefOf(state)}
          views={QUEUE_VIEW_KEYS}
          tools={
            chosen.length > 0 || everywhere.chosen ? (
              <BulkBar rows={chosen} everywhere={everywhere} busy={verbs.busy} onAct={act} />
            ) : undefined
          }
        />
        {state.alert !== null && (
          <AlertPanel
            key={state.alert}
            alertId={state.alert}
            writes={writes}
            busy={verbs.busy}
            onClose={() => open(null)}
            onOpen={open}
            onDecide={(row, verdict) => void decide([row], verdict)}
            onGive={(row, assignee) => void verbs.give([row], assignee)}
            onNext={() => void next()}
          />
        )}
      </div>
    </>
  );
}

interface VerdictKeys {
  readonly active: AlertRow | null;
  readonly decide: (rows: readonly AlertRow[], verdict: Verdict) => Promise<void>;
  readonly give: (rows: readonly AlertRow[], assignee: string | null) => Promise<boolean>;
  readonly next: () => Promise<void>;
}

function verdictKeys({ active, decide, give, next }: VerdictKeys) {
  const rows = active === null ? [] : [active];
  const verdict = (key: string, label: string, given: Verdict) => ({
    key,
    label,
    run: () => void (rows.length > 0 && decide(rows, given)),
  });
  return [
    verdict("c", "Confirm as fraud", "confirmed"),
    verdict("f", "False positive", "false_positive"),
    verdict("i", "Inconclusive", "inconclusive"),
    { key: "a", label: "Assign to me", run: () => void give(rows, "me") },
    { key: "n", label: "Next case", run: () => void next() },
  ];
}

/** The row below, else the one above: where the work goes on when a row leaves the list. */
function neighbourOf(rows: readonly AlertRow[], row: AlertRow | undefined): string | null {
  const place = rows.findIndex(({ alertId }) => alertId === row?.alertId);
  return (rows[place + 1] ?? rows[place - 1])?.alertId ?? null;
}

/** Reads the first page anew; the pages behind it belong to the list as it was. */
function useShowNew(state: QueueState, refetch: () => Promise<unknown>): () => void {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () => {
    const key = trpc.fraud.queue.infiniteQueryKey(queryOf(state));
    queryClient.setQueryData(key, (known) =>
      known === undefined ? undefined : { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) },
    );
    void refetch();
  };
}

/** Asks the server for the next open case nobody else holds, wherever in the list it stands. */
function useNextCase(state: QueueState, open: (alertId: string | null) => void): () => Promise<void> {
  const client = useTRPCClient();
  return async () => {
    const { limit: _limit, ...filter } = { ...queryOf(state), limit: PAGE_ROWS };
    const { alertId } = await client.fraud.nextCase.query({ ...filter, afterAlertId: state.alert });
    open(alertId);
  };
}

/** PRODUCT.md section 2: every verdict other than APPROVE is in the queue; the counts are compared over the whole lake. */
function QueueCheck({ check }: { check: QueueData["check"] }) {
  const { denied, queued, equal } = check;
  const figures = `${denied.toLocaleString("en-US")} denied payments, ${queued.toLocaleString("en-US")} of them queued`;
  return (
    <span title={figures}>
      <StatusBadge tone={equal ? "good" : "bad"}>{equal ? "Every denial is queued" : figures}</StatusBadge>
    </span>
  );
}

function NoAlerts({ state, onClear }: { state: QueueState; onClear: (state: Partial<QueueState>) => void }) {
  const filtered =
    state.rule.length + state.severity.length > 0 || (state.q ?? state.entity ?? state.assignee ?? state.from) !== null;
  if (!filtered && !state.status.includes("new")) {
    return (
      <EmptyState title="No alert stands in this state">
        {state.status.length === 0
          ? "No rule has fired yet. Alerts show up here within two seconds."
          : "Choose another state above; each says how many stand in it."}
      </EmptyState>
    );
  }
  if (!filtered) {
    return (
      <EmptyState title="No open alerts">Every alert is decided. New ones show up here within two seconds.</EmptyState>
    );
  }
  return (
    <EmptyState
      title="No alert matches this filter"
      action={
        <button
          type="button"
          className={classes.clear}
          onClick={() =>
            onClear({ rule: [], severity: [], assignee: null, entity: null, q: null, from: null, until: null })
          }
        >
          Clear the filter
        </button>
      }
    >
      Alerts may stand in another state, or be snoozed.
    </EmptyState>
  );
}
