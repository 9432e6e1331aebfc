"use client";

import { SegmentedControl, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import type { BlacklistRow } from "@/server/indexes/fraud/contract";
import { ruleTitle } from "../../_components/words";
import { blacklistColumns } from "./blacklist-columns";
import { BLACKLIST_ROLES, BLACKLIST_RULES, blacklistParsers, blacklistQueryOf } from "./blacklist-state";
import { UnblacklistDialog } from "./unblacklist-dialog";

const keyOf = ({ partyId, role, rule, since }: BlacklistRow): string => `${partyId}/${role}/${rule}/${since}`;

/** Whose payments are denied, since when and why. */
export function BlacklistPage() {
  const trpc = useTRPC();
  const { can } = useMe();
  const [state, setState] = useQueryStates(blacklistParsers, { history: "push" });
  const [asked, setAsked] = useState<BlacklistRow | null>(null);
  const query = useInfiniteQuery(
    trpc.fraud.blacklist.infiniteQueryOptions(blacklistQueryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const count = (value: number | undefined) => (value === undefined ? "" : ` ${value.toLocaleString("en-US")}`);
  return (
    <>
      <PageHeader
        title="Blacklist"
        asOf={first?.asOf}
        description="Every payment of a party on it is denied. Entries are made by a rule or a person, and end only by a person."
      />
      <DataTable
        id="blacklist"
        label="Blacklist"
        columns={blacklistColumns(can("fraud", "write") ? setAsked : null)}
        rows={rows}
        rowKey={keyOf}
        total={first?.total}
        hasMore={query.hasNextPage}
        onMore={query.fetchNextPage}
        fetching={query.isFetching}
        error={rows === undefined || query.isFetchNextPageError ? query.error : null}
        onRetry={query.refetch}
        exportHref={`/api/export/fraud?view=blacklist&filter=${encodeURIComponent(JSON.stringify(state))}`}
        empty={
          <EmptyState title="Nobody matches">
            {state.search === null
              ? "No party is on the blacklist in this state."
              : `Nothing is known of “${state.search}”.`}
          </EmptyState>
        }
        tools={
          <>
            <SegmentedControl
              size="xs"
              aria-label="State"
              value={state.state}
              onChange={(value) => void setState({ state: value })}
              data={[
                { value: "active", label: `Active${count(first?.active)}` },
                { value: "removed", label: `Removed${count(first?.removed)}` },
                { value: "all", label: "All" },
              ]}
            />
            <FilterInput label="Find a party" value={state.search} onChange={(search) => void setState({ search })} />
            <Select
              aria-label="Rule"
              placeholder="Every rule"
              clearable
              w={140}
              data={BLACKLIST_RULES.map((rule) => ({ value: rule, label: ruleTitle(rule) }))}
              value={state.rule}
              onChange={(rule) => void setState({ rule: BLACKLIST_RULES.find((known) => known === rule) ?? null })}
            />
            <Select
              aria-label="Role"
              placeholder="Every role"
              clearable
              w={140}
              data={[...BLACKLIST_ROLES]}
              value={state.role}
              onChange={(role) => void setState({ role: BLACKLIST_ROLES.find((known) => known === role) ?? null })}
            />
          </>
        }
      />
      <UnblacklistDialog entry={asked} onClose={() => setAsked(null)} />
    </>
  );
}
