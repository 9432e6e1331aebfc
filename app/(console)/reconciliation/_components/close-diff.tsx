"use client";

import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { moneyText } from "@/components/ui/money";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { CloseDiff as Diff } from "@/server/indexes/reconciliation/contract";
import classes from "./reconciliation.module.css";
import { Scroll } from "./scroll";
import { kindTitle } from "./words";

/** What a past close tells otherwise than the newest run of the same date. */
export default function CloseDiff({ date, version }: { date: string; version: number }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setOpened(true)}>
        Compare with now
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`${date}: version ${version} and now`} size="xl">
        {opened && <Lines date={date} version={version} />}
      </Modal>
    </>
  );
}

function Lines({ date, version }: { date: string; version: number }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.reconciliation.diff.queryOptions({ date, version }));
  return (
    <QueryBoundary query={query} skeletonRows={6}>
      {(diff) =>
        diff.lines.length === 0 ? <p>Nothing is different: the newest run tells the same.</p> : <Table diff={diff} />
      }
    </QueryBoundary>
  );
}

const figure = (minor: bigint | null): string =>
  minor === null ? "—" : moneyText({ amountMinor: minor, currency: "", exponent: 0 });

function Table({ diff }: { diff: Diff }) {
  return (
    <>
      <p className="dim">
        {diff.rowsBefore.toLocaleString("en-US")} rows then, {diff.rowsAfter.toLocaleString("en-US")} now. Values in
        minor units.
      </p>
      <Scroll label="What is different">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Currency</th>
              {["Gained", "Lost", "Changed", "Value then", "Value now"].map((name) => (
                <th scope="col" key={name} className={classes.right}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {diff.lines.map((line) => (
              <tr key={`${line.group}/${line.currency}`}>
                <th scope="row">{kindTitle(line.group)}</th>
                <td>{line.currency ?? "—"}</td>
                <td className={classes.right}>{line.gained.toLocaleString("en-US")}</td>
                <td className={classes.right}>{line.lost.toLocaleString("en-US")}</td>
                <td className={classes.right}>{line.changed.toLocaleString("en-US")}</td>
                <td className={classes.right}>{figure(line.valueBeforeMinor)}</td>
                <td className={classes.right}>{figure(line.valueAfterMinor)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
