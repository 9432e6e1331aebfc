"use client";

import { Button } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { usePageKeys } from "@/components/console/use-page-keys";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import type { BreakRow } from "@/server/indexes/reconciliation/contract";
import { ClosePicker, PastClose } from "../../_components/close-picker";
import { closeOf } from "../../_components/close-state";
import classes from "../../_components/reconciliation.module.css";
import { BREAK_COLUMNS } from "./break-columns";
import { BreakFilters } from "./break-filters";
import {
  BREAK_SORTS,
  BREAK_VIEW_KEYS,
  type BreaksState,
  breaksParsers,
  exportHrefOf,
  NO_FILTER,
  queryOf,
} from "./breaks-state";
import type { AskedDecision } from "./decide-dialog";
import { useBreakVerbs } from "./use-break-verbs";

// Seen once something is opened, chosen or asked: no part of the first load.
const BreakPanel = dynamic(() => import("./break-panel").then((panel) => panel.BreakPanel), { ssr: false });
const BreakBulk = dynamic(() => import("./break-bulk").then((bar) => bar.BreakBulk), { ssr: false });
const DecideDialog = dynamic(() => import("./decide-dialog").then((dialog) => dialog.DecideDialog), { ssr: false });
const Inbox = dynamic(() => import("./inbox").then((inbox) => inbox.Inbox), { ssr: false });
const FixesDialog = dynamic(() => import("./fixes-dialog").then((dialog) => dialog.FixesDialog), { ssr: false });

const keyOf = ({ breakId }: BreakRow): string => breakId;
export const groupOf = ({ breakId, itemKeys }: BreakRow) => ({ breakId, itemKeys: [...itemKeys] });

/** The work list of who reconciles. */
export function BreaksPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(breaksParsers, { history: "push" });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<AskedDecision | null>(null);
  const [fixing, setFixing] = useState(false);
  const query = useInfiniteQuery(
    trpc.reconciliation.breaks.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const { can } = useMe();
  const writes = can("reconciliation", "write") && (first?.close.isCurrent ?? false);
  const verbs = useBreakVerbs();
  const change = (filter: Partial<BreaksState>) => {
    setSelected(new Set());
    void setState(filter);
  };
  const open = (breakId: string | null) => void setState({ break: breakId }, { history: "replace" });
  const active = rows?.find(({ breakId }) => breakId === state.break) ?? null;
  const chosen = rows?.filter(({ breakId }) => selected.has(breakId)) ?? [];
  useVerbKeys({ writes, active, chosen, ask: setAsked, assign: verbs.assign, open, rows });
  return (
    <>
      <PageHeader
        title="Breaks"
        asOf={first?.asOf}
        description="What does not belong together, oldest first. See why, decide, and have large ones approved."
        actions={
          <>
            <InboxButton state={state} onChange={change} />
            {writes && (
              <Button
                variant="default"
                leftSection={<IconUpload size={14} aria-hidden />}
                onClick={() => setFixing(true)}
              >
                Upload fixes
              </Button>
            )}
            <ClosePicker chosen={closeOf(state)} onChange={(choice) => change({ ...choice, break: null })} />
          </>
        }
      />
      <PastClose close={first?.close} chosen={closeOf(state)} />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      {state.inbox !== null && (
        <Inbox
          which={state.inbox}
          onWhich={(inbox) => void setState({ inbox })}
          onOpen={(id) => change({ break: id, status: [] })}
        />
      )}
      <BreakFilters state={state} onChange={change} page={first ?? null} />
      <div className={classes.split} data-open={state.break !== null}>
        <DataTable
          id="reconciliation-breaks"
          label="Breaks"
          columns={BREAK_COLUMNS}
          rows={rows}
          rowKey={keyOf}
          sort={{
            key: state.sort === "value" ? "value" : "oldest",
            direction: state.sort === "newest" ? "ascending" : "descending",
          }}
          onSort={({ key, direction }) =>
            change({ sort: key === "value" ? "value" : (BREAK_SORTS[direction === "ascending" ? 1 : 0] ?? "oldest") })
          }
          {...(writes ? { selected, onSelect: setSelected } : {})}
          activeKey={state.break}
          onActivate={({ breakId }) => open(breakId)}
          total={first?.total}
          hasMore={query.hasNextPage}
          onMore={query.fetchNextPage}
          fetching={query.isFetching}
          error={rows === undefined || query.isFetchNextPageError ? query.error : null}
          onRetry={query.refetch}
          empty={<NoBreaks state={state} onClear={() => change({ ...NO_FILTER })} />}
          exportHref={exportHrefOf(state)}
          views={BREAK_VIEW_KEYS}
          tools={
            chosen.length > 0 ? (
              <BreakBulk rows={chosen} busy={verbs.busy} onAsk={setAsked} onAssign={verbs.assign} />
            ) : undefined
          }
        />
        {state.break !== null && (
          <BreakPanel
            key={state.break}
            breakId={state.break}
            close={closeOf(state)}
            writes={writes}
            onClose={() => open(null)}
            onAsk={setAsked}
            onAssign={verbs.assign}
          />
        )}
      </div>
      <DecideDialog
        asked={asked}
        onClose={() => setAsked(null)}
        onDone={() => {
          setAsked(null);
          setSelected(new Set());
        }}
      />
      {fixing && <FixesDialog exportHref={exportHrefOf(state)} onClose={() => setFixing(false)} />}
    </>
  );
}

/** How many decisions wait for a second person; the door to them. */
function InboxButton({ state, onChange }: { state: BreaksState; onChange: (change: Partial<BreaksState>) => void }) {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.reconciliation.approvals.queryOptions({ state: "pending" }, { refetchInterval: 15_000 }),
  );
  const waiting = data?.pending ?? 0;
  return (
    <Button
      variant={waiting > 0 && state.inbox === null ? "light" : "default"}
      aria-pressed={state.inbox !== null}
      onClick={() => onChange({ inbox: state.inbox === null ? "pending" : null })}
    >
      Approvals {waiting > 0 ? `(${waiting})` : ""}
    </Button>
  );
}

interface VerbKeys {
  readonly writes: boolean;
  readonly active: BreakRow | null;
  readonly chosen: readonly BreakRow[];
  readonly rows: readonly BreakRow[] | undefined;
  readonly ask: (asked: AskedDecision) => void;
  readonly assign: (breakIds: readonly string[], assignee: string | null) => void;
  readonly open: (breakId: string | null) => void;
}

/** `w`, `m` and `f` decide about what is selected, else about the open row; matching puts all of it together. */
function useVerbKeys({ writes, active, chosen, rows, ask, assign, open }: VerbKeys): void {
  const targets = chosen.length > 0 ? chosen : active === null ? [] : [active];
  const together = (kind: "match" | "force_match") => {
    const [first] = targets;
    if (first === undefined) return;
    ask({ kind, groups: [{ breakId: first.breakId, itemKeys: targets.flatMap(({ itemKeys }) => itemKeys) }] });
  };
  const next = () => {
    const place = rows?.findIndex(({ breakId }) => breakId === active?.breakId) ?? -1;
    const found = rows?.slice(place + 1).find(({ status }) => status === "open");
    if (found !== undefined) open(found.breakId);
  };
  const written = [
    {
      key: "w",
      label: "Write off",
      run: () => targets.length > 0 && ask({ kind: "write_off", groups: targets.map(groupOf) }),
    },
    { key: "m", label: "Match what is selected", run: () => together("match") },
    { key: "f", label: "Force the match", run: () => together("force_match") },
    { key: "a", label: "Assign to me", run: () => assign(targets.map(keyOf), "me") },
  ].map((one) => ({ ...one, run: () => void one.run() }));
  usePageKeys([
    { key: "escape", label: "Close the panel", run: () => open(null) },
    { key: "n", label: "Next open break", run: next },
    ...(writes ? written : []),
  ]);
}

function NoBreaks({ state, onClear }: { state: BreaksState; onClear: () => void }) {
  const filtered =
    state.kind.length > 0 ||
    [
      state.account,
      state.rail,
      state.currency,
      state.merchant,
      state.payout,
      state.assignee,
      state.q,
      state.ageMin,
      state.ageMax,
    ].some((value) => value !== null);
  if (!filtered) {
    return (
      <EmptyState title="Nothing here">
        No break of this close stands in this state. The other tabs tell what was decided or rests.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No break matches this filter"
      action={
        <button type="button" className={classes.clear} onClick={onClear}>
          Clear the filter
        </button>
      }
    >
      It may stand in another state, or in another close.
    </EmptyState>
  );
}
