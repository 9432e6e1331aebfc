"use client";

import { useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { Time } from "@/components/ui/time";
import type { QuarantineGroup } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import { QuarantineRecord } from "./quarantine-record";
import { QuarantineRows } from "./quarantine-rows";
import { quarantineParsers } from "./quarantine-state";

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
        <Panel title="By code and source" flush>
          <QueryBoundary
            query={query}
            empty={({ groups }) =>
              groups.length === 0 ? (
                <EmptyState title="Nothing is quarantined">Every record was accepted.</EmptyState>
              ) : null
            }
          >
            {({ groups }) => (
              <Groups groups={groups} onOpen={({ code, source }) => void setState({ code, source, record: null })} />
            )}
          </QueryBoundary>
        </Panel>
        {state.record !== null && (
          <QuarantineRecord
            key={state.record}
            quarantineId={state.record}
            onClose={() => void setState({ record: null })}
          />
        )}
        <QuarantineRows state={state} onChange={(change) => void setState(change)} />
      </div>
    </>
  );
}

function Groups({ groups, onOpen }: { groups: readonly QuarantineGroup[]; onOpen: (group: QuarantineGroup) => void }) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">Source</th>
            <th scope="col">Field</th>
            <th scope="col" className={classes.right}>
              Records
            </th>
            <th scope="col" className={classes.right}>
              Amounts that could be read
            </th>
            <th scope="col">Newest</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={`${group.code}/${group.source}/${group.stage}/${group.field ?? ""}`}>
              <th scope="row">
                <a
                  href={`?code=${encodeURIComponent(group.code)}&source=${encodeURIComponent(group.source)}`}
                  onClick={(event) => {
                    event.preventDefault();
                    onOpen(group);
                  }}
                >
                  {group.code}
                </a>
              </th>
              <td>{group.source}</td>
              <td>{group.field ?? "—"}</td>
              <td className={classes.right}>{numberText(group.records)}</td>
              <td className={classes.right}>
                {group.amounts.map((amount) => (
                  <div key={amount.currency}>
                    <Money amount={amount} />
                  </div>
                ))}
                {group.amounts.length === 0 && "—"}
              </td>
              <td>
                <Time at={group.lastAt} />
              </td>
              <td className={classes.wrap}>{group.remedy ?? "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
