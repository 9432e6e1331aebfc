"use client";

import { useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import type { MouseEvent } from "react";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money, moneyText } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { Time } from "@/components/ui/time";
import type { QuarantineGroup } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import { QuarantineRecord } from "./quarantine-record";
import { QuarantineRows } from "./quarantine-rows";
import { type QuarantineState, quarantineParsers } from "./quarantine-state";

const REFRESH_MS = 5_000;

/** What could not be accepted, why, and what to do about it. */
export function QuarantinePage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(quarantineParsers, { history: "push" });
  const query = useQuery(trpc.ops.quarantineGroups.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  usePageKeys([{ key: "escape", label: "Close the record", run: () => void setState({ record: null }) }]);
  return (
    <>
      <PageHeader
        title="Quarantine"
        asOf={query.data?.asOf}
        description="Records kept as they came because they could not be accepted. Nothing here is lost or counted as accepted."
      />
      <div className={classes.stack}>
        <Panel
          title={
            query.data === undefined
              ? "By code and source"
              : `By code and source: ${numberText(query.data.records)} records`
          }
          flush
        >
          <QueryBoundary
            query={query}
            empty={({ groups }) =>
              groups.length === 0 ? (
                <EmptyState title="Nothing is quarantined">Every record was accepted.</EmptyState>
              ) : null
            }
          >
            {({ groups }) => (
              <Groups
                groups={groups}
                chosen={state}
                onOpen={({ code, source }) => void setState({ code, source, record: null })}
              />
            )}
          </QueryBoundary>
        </Panel>
        <QuarantineRows state={state} onChange={(change) => void setState(change)} />
        {state.record !== null && (
          <QuarantineRecord
            key={state.record}
            quarantineId={state.record}
            onClose={() => void setState({ record: null })}
          />
        )}
      </div>
    </>
  );
}

interface GroupsProps {
  readonly groups: readonly QuarantineGroup[];
  readonly chosen: QuarantineState;
  readonly onOpen: (group: QuarantineGroup) => void;
}

const HEADS = ["Code", "Source", "Field", "Records", "Amounts that could be read", "Newest", "What to do"] as const;
const RIGHT: ReadonlySet<string> = new Set(["Records", "Amounts that could be read"]);

function Groups({ groups, chosen, onOpen }: GroupsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section className={classes.groups} tabIndex={0} aria-label="Groups by code and source">
      <table className={classes.table}>
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col" className={RIGHT.has(head) ? classes.right : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <GroupRow
              key={`${group.code}/${group.source}/${group.stage}/${group.field ?? ""}`}
              group={group}
              chosen={group.code === chosen.code && group.source === chosen.source}
              onOpen={() => onOpen(group)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function GroupRow({ group, chosen, onOpen }: { group: QuarantineGroup; chosen: boolean; onOpen: () => void }) {
  const href = `?code=${encodeURIComponent(group.code)}&source=${encodeURIComponent(group.source)}`;
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onOpen();
  };
  const amounts = group.amounts.map((amount) => `${moneyText(amount)} ${amount.currency}`).join("\n");
  return (
    <tr className={chosen ? classes.chosen : undefined} aria-current={chosen ? "true" : undefined}>
      <th scope="row">
        <a href={href} onClick={open}>
          {group.code}
        </a>
      </th>
      <td>{group.source}</td>
      <td>{group.field ?? "—"}</td>
      <td className={classes.right}>
        <a href={href} onClick={open}>
          {numberText(group.records)}
        </a>
      </td>
      <td className={`${classes.right} ${classes.cut}`} title={amounts === "" ? "no amount could be read" : amounts}>
        {group.amounts.map((amount, place) => (
          <span key={amount.currency}>
            {place > 0 && " · "}
            <Money amount={amount} />
          </span>
        ))}
        {group.amounts.length === 0 && "—"}
      </td>
      <td>
        <Time at={group.lastAt} />
      </td>
      <td className={classes.cut} title={group.remedy ?? undefined}>
        {group.remedy ?? "—"}
      </td>
    </tr>
  );
}
