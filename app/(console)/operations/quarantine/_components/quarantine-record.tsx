"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { traceHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { CopyText } from "@/components/ui/copy-text";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { Time } from "@/components/ui/time";
import type { QuarantineDetail } from "@/server/indexes/ops/contract";
import { FootPanel } from "../../_components/foot-panel";
import classes from "../../_components/operations.module.css";
import { markRaw } from "./mark-raw";

/** One record: what came, beside what could be read of it. */
export function QuarantineRecord({ quarantineId, onClose }: { quarantineId: string; onClose: () => void }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.ops.quarantineRow.queryOptions({ quarantineId }));
  return (
    <FootPanel
      label="Quarantined record"
      of={quarantineId}
      title={<CopyText value={quarantineId} label="the id of the record" />}
      actions={query.data !== undefined && <Link href={traceHref(query.data.row.coordinates)}>Trace</Link>}
      onClose={onClose}
    >
      <QueryBoundary query={query} skeletonRows={8}>
        {(detail) => <Shown detail={detail} />}
      </QueryBoundary>
    </FootPanel>
  );
}

function Shown({ detail }: { detail: QuarantineDetail }) {
  const { row, remedy } = detail;
  return (
    <>
      <p className={classes.fault} data-tone="warn">
        {row.message} ({row.code}, {row.stage}
        {row.field === null ? "" : `, field ${row.field}`}){remedy !== null && `\nWhat to do: ${remedy}`}
      </p>
      <div className={classes.sides}>
        <AsReceived detail={detail} />
        <AsRead detail={detail} />
      </div>
    </>
  );
}

function AsReceived({ detail: { row, raw, decoded } }: { detail: QuarantineDetail }) {
  const value = decoded.find(({ atFault }) => atFault)?.value ?? null;
  const parts =
    raw === null ? [] : raw.binary ? [{ text: raw.text, marked: false }] : markRaw(raw.text, row.field, value);
  return (
    <section aria-label="As received">
      <h3 className={classes.side}>
        As received, card numbers masked{raw?.binary === true ? ", hexadecimal" : ""}; ingested{" "}
        <Time at={row.ingestedAt} short />
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <pre className={classes.raw} tabIndex={0}>
        {raw === null
          ? "Nothing was kept."
          : parts.map(({ text, marked }, place) =>
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no other name.
              marked ? <mark key={place}>{text}</mark> : <span key={place}>{text}</span>,
            )}
      </pre>
      {raw?.truncated === true && <p className={classes.small}>Only the beginning is shown.</p>}
    </section>
  );
}

function AsRead({ detail: { decoded, file } }: { detail: QuarantineDetail }) {
  return (
    <section aria-label="What could be read">
      <h3 className={classes.side}>What could be read</h3>
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
      {decoded.length === 0 && <p className={classes.small}>Nothing: the record could not be decoded at all.</p>}
      {file !== null && (
        <p className={classes.small}>
          Stored in <span className="mono">{file.path}</span>, version {file.tableVersion} of the table
        </p>
      )}
    </section>
  );
}
