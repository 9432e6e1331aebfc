"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMe } from "@/components/console/use-me";
import { useTRPC } from "@/components/trpc/client";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { DecisionEntry } from "../../_components/decision-list";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";

interface InboxProps {
  readonly which: "pending" | "answered";
  readonly onWhich: (which: "pending" | "answered" | null) => void;
  readonly onOpen: (breakId: string) => void;
}

/** Decisions above the limit: what waits for a second person, and what second persons have answered. */
export function Inbox({ which, onWhich, onOpen }: InboxProps) {
  const trpc = useTRPC();
  const { can } = useMe();
  const query = useQuery(trpc.reconciliation.approvals.queryOptions({ state: which }));
  const tab = (name: "pending" | "answered", words: string) => (
    <button type="button" className={classes.tab} aria-pressed={which === name} onClick={() => onWhich(name)}>
      {words}
    </button>
  );
  return (
    <div style={{ marginBottom: 12 }}>
      <Panel
        title="Four eyes"
        actions={
          <>
            <span className={classes.tabs}>
              {tab("pending", "Wait")}
              {tab("answered", "Answered")}
            </span>
            <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onWhich(null)}>
              Close
            </Button>
          </>
        }
      >
        <QueryBoundary query={query} skeletonRows={3}>
          {({ decisions }) =>
            decisions.length === 0 ? (
              <p className={classes.line}>
                {which === "pending" ? "Nothing waits for a second person." : "No decision has been answered yet."}
              </p>
            ) : (
              <Scroll label="Decisions">
                {decisions.map((decision) => (
                  <DecisionEntry
                    key={decision.id}
                    decision={decision}
                    writes={can("reconciliation", "write")}
                    onOpen={() => onOpen(decision.breakId)}
                  />
                ))}
              </Scroll>
            )
          }
        </QueryBoundary>
      </Panel>
    </div>
  );
}
