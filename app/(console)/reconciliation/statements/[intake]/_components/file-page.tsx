"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { CopyText } from "@/components/ui/copy-text";
import { Money } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { StatementFileDetail } from "@/server/indexes/reconciliation/contract-statements";
import classes from "../../_components/statements.module.css";
import { countText, formatName, newOf, sizeText, stateOf, wayName } from "../../_components/words";
import { FileLines } from "./file-lines";
import { TakeAgain } from "./take-again";

/** One delivery of a statement file: what it holds, or why it was refused and what to do. */
export function FilePage({ intake }: { readonly intake: number }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.statements.file.queryOptions({ intake }));
  const { file, asOf } = query.data ?? {};
  return (
    <>
      <PageHeader
        title={file?.name ?? "Statement file"}
        asOf={asOf}
        description={file === undefined ? undefined : `Delivery ${file.intake} by ${wayName(file.way)}`}
        actions={
          file !== undefined && (
            <Button
              component="a"
              href={`/api/statements/${file.fileHash}?intake=${file.intake}`}
              download
              variant="default"
              size="compact-sm"
            >
              Download as it came
            </Button>
          )
        }
      />
      <QueryBoundary query={query} skeletonRows={10}>
        {(detail) => <Shown detail={detail} />}
      </QueryBoundary>
    </>
  );
}

function Shown({ detail }: { readonly detail: StatementFileDetail }) {
  const { file, statements } = detail;
  return (
    <div className={classes.stack}>
      {file.fault !== null && <Refusal detail={detail} />}
      <Panel title="The file">
        <Facts detail={detail} />
      </Panel>
      {statements.length > 0 && (
        <Panel title={`Statements: ${countText(statements.length)}`} flush>
          <Statements statements={statements} />
        </Panel>
      )}
      {file.outcome === "accepted" && <FileLines intake={file.intake} />}
    </div>
  );
}

function Refusal({ detail: { file } }: { readonly detail: StatementFileDetail }) {
  const { fault, resolvedBy } = file;
  if (fault === null) return null;
  return (
    <section className={classes.fault} aria-label="Why it was refused">
      <p>
        <strong>{fault.what}</strong>
      </p>
      <dl>
        <dt>Where</dt>
        <dd>{fault.where}</dd>
        {fault.expected !== null && (
          <>
            <dt>Expected</dt>
            <dd className="mono">{fault.expected}</dd>
            <dt>Found</dt>
            <dd className="mono">{fault.found ?? "nothing"}</dd>
          </>
        )}
        <dt>What to do</dt>
        <dd>{fault.remedy}</dd>
        <dt>Code</dt>
        <dd className="mono">{fault.code}</dd>
      </dl>
      {resolvedBy === null ? (
        <TakeAgain intake={file.intake} />
      ) : (
        <p>
          Accepted since: <Link href={`/reconciliation/statements/${resolvedBy}`}>delivery {resolvedBy}</Link>
        </p>
      )}
    </section>
  );
}

function Facts({ detail: { file, by, deliveries } }: { readonly detail: StatementFileDetail }) {
  const [tone, word] = stateOf(file);
  return (
    <dl className={classes.facts}>
      <dt>State</dt>
      <dd>
        <StatusBadge tone={tone}>{word}</StatusBadge>
      </dd>
      <dt>Taken in</dt>
      <dd>
        <Time at={file.takenAt} />
        {by !== null && ` from ${by}`}
        {file.source !== null && `, source ${file.source}`}
      </dd>
      <dt>Format</dt>
      <dd>
        {formatName(file.format)}
        {file.version !== null && `, ${file.version}`}
      </dd>
      <dt>Accounts</dt>
      <dd className="mono">{file.accounts ?? "—"}</dd>
      {file.outcome === "accepted" && (
        <>
          <dt>Statements, entries</dt>
          <dd>
            {newOf(file.statementsNew, file.statements)} · {newOf(file.entriesNew, file.entries)}
          </dd>
        </>
      )}
      <dt>Size</dt>
      <dd>{sizeText(file.bytes)}</dd>
      <dt>SHA-256</dt>
      <dd>
        <CopyText value={file.fileHash} label="the SHA-256" />
      </dd>
      {deliveries.length > 0 && (
        <>
          <dt>Same bytes</dt>
          <dd>
            {deliveries.map(({ intake, outcome }, place) => (
              <span key={intake}>
                {place > 0 && ", "}
                <Link href={`/reconciliation/statements/${intake}`}>
                  delivery {intake} ({outcome})
                </Link>
              </span>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

const HEADS = ["Account", "Number", "Period", "Entries", "Opening", "Credits", "Debits", "Closing", "Control totals"];
const RIGHT: ReadonlySet<string> = new Set(["Entries", "Opening", "Credits", "Debits", "Closing"]);

function Statements({ statements }: Pick<StatementFileDetail, "statements">) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section className={classes.scroll} tabIndex={0} aria-label="Statements of the file">
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
          {statements.map((one) => {
            const money = (amountMinor: bigint | null) => (
              <Money
                amount={amountMinor === null ? null : { amountMinor, currency: one.currency, exponent: one.exponent }}
              />
            );
            return (
              <tr key={one.statementKey}>
                <th scope="row" className="mono" title={one.accountName ?? undefined}>
                  {one.account}
                </th>
                <td>{one.sequence ?? "—"}</td>
                <td>{one.from === one.to ? (one.from ?? "—") : `${one.from ?? "…"} to ${one.to ?? "…"}`}</td>
                <td className={classes.right}>{countText(one.entries)}</td>
                <td className={classes.right}>{money(one.openingMinor)}</td>
                <td className={classes.right}>{money(one.creditMinor)}</td>
                <td className={classes.right}>{money(-one.debitMinor)}</td>
                <td className={classes.right}>{money(one.closingMinor)}</td>
                <td>{one.controls === 0 ? "none stated" : `${countText(one.controls)} right`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
