"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { traceHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { CopyText } from "@/components/ui/copy-text";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { QuarantineDetail } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";

/** One record: what came, beside what could be read of it. */
export function QuarantineRecord({ quarantineId, onClose }: { quarantineId: string; onClose: () => void }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.ops.quarantineRow.queryOptions({ quarantineId }));
  return (
    <Panel
      flush
      title={<CopyText value={quarantineId} label="the id of the record" />}
      actions={
        <>
          {query.data !== undefined && <Link href={traceHref(query.data.row.coordinates)}>Trace</Link>}
          <Button variant="default" size="compact-sm" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <QueryBoundary query={query} skeletonRows={8}>
        {(detail) => <Shown detail={detail} />}
      </QueryBoundary>
    </Panel>
  );
}

function Shown({ detail }: { detail: QuarantineDetail }) {
  const { row, remedy, raw, decoded, file } = detail;
  return (
    <>
      <p className={classes.fault} data-tone="warn">
        {row.message} ({row.code}, {row.stage}
        {row.field === null ? "" : `, field ${row.field}`}){remedy !== null && `\nWhat to do: ${remedy}`}
      </p>
      <div className={`${classes.detail} ${classes.pair}`}>
        <section aria-label="As received">
          <h3 className={classes.dim}>As received, card numbers masked{raw?.binary === true ? ", hexadecimal" : ""}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
          <pre className={classes.raw} tabIndex={0}>
            {raw === null ? "Nothing was kept." : raw.text}
          </pre>
          {raw?.truncated === true && <p className={classes.dim}>Only the beginning is shown.</p>}
        </section>
        <section aria-label="What could be read">
          <h3 className={classes.dim}>What could be read</h3>
          <table className={classes.table}>
            <tbody>
              {decoded.map(({ field, value, atFault }) => (
                <tr key={field} className={atFault ? classes.atFault : undefined}>
                  <th scope="row">
                    {field}
                    {atFault && " (at fault)"}
                  </th>
                  <td className={classes.wrap}>{value ?? "nothing"}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {file !== null && (
            <p className={classes.dim}>
              Stored in {file.path}, version {file.tableVersion} of the table
            </p>
          )}
        </section>
      </div>
    </>
  );
}
