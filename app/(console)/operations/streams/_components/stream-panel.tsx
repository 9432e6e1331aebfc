import Link from "next/link";
import { Sparkline } from "@/components/charts/sparkline";
import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { Stream, StreamPartition } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { numberText, rateText, secondsText, stateTone } from "../../_components/words";

/** One source: its state, its balance, its partitions. */
export function StreamPanel({ stream }: { stream: Stream }) {
  const { source, transport, state, message, remedy, code } = stream;
  return (
    <Panel
      flush
      title={
        <>
          {source} <span className={classes.dim}>{transport}</span>
        </>
      }
      actions={
        <>
          <span className={classes.small}>{rateText(stream.recordsPerSecond)}</span>
          {stream.lastCommitAt !== null && (
            <span className={classes.small}>
              last commit <Time at={stream.lastCommitAt} />
            </span>
          )}
          <StatusBadge tone={stateTone(state)}>{state}</StatusBadge>
        </>
      }
    >
      {message !== null && (
        <p className={classes.fault} data-tone={state === "failed" ? "bad" : "warn"} role="status">
          {message}
          {remedy !== null && `\nWhat to do: ${remedy}`}
          {code !== null && ` (${code})`}
        </p>
      )}
      <BalanceLine stream={stream} />
      <div className={classes.scroll}>
        <table className={classes.table}>
          <caption className="visually-hidden">Partitions of {source}</caption>
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col" className={classes.right}>
                Lag
              </th>
              <th scope="col" className={classes.right}>
                Oldest waits
              </th>
              <th scope="col">Trend</th>
              <th scope="col" className={classes.right}>
                In
              </th>
              <th scope="col" className={classes.right}>
                Out
              </th>
              <th scope="col" className={classes.right}>
                Time to drain
              </th>
              <th scope="col" className={classes.right}>
                Position
              </th>
              <th scope="col">Newest event</th>
              <th scope="col">Last commit</th>
            </tr>
          </thead>
          <tbody>
            {stream.partitions.map((partition) => (
              <PartitionRow key={partition.partition} partition={partition} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** In = accepted + quarantined + duplicates, against what the tables really hold; each figure a door. */
function BalanceLine({ stream: { source, balance } }: { stream: Stream }) {
  return (
    <div className={classes.balance}>
      <StatusBadge tone={balance.balanced ? "good" : "bad"}>
        {balance.balanced ? "Balance holds" : "Does not add up"}
      </StatusBadge>
      <span>
        <b>{numberText(balance.recordsIn)}</b> in = <b>{numberText(balance.accepted)}</b> accepted +{" "}
        <Link href={`/operations/quarantine?source=${encodeURIComponent(source)}`}>
          <b>{numberText(balance.quarantined)}</b> quarantined
        </Link>{" "}
        + <b>{numberText(balance.duplicates)}</b> duplicates
      </span>
      <span className={classes.dim}>
        <Link href="/operations/tables">
          in the tables: {numberText(balance.rowsStored)} and {numberText(balance.rowsQuarantined)}
        </Link>{" "}
        · {numberText(balance.late)} of them late
      </span>
    </div>
  );
}

/** A figure the source does not give is said to be unknown, never to be zero. */
const known = (text: string) => (text === "—" ? <span title="the source does not say">—</span> : text);

function drainText({ lagMessages, drainSeconds, rateIn, rateOut }: StreamPartition) {
  if (lagMessages === 0n) return "nothing waits";
  if (lagMessages !== null && drainSeconds === null && rateIn !== null && rateOut !== null) {
    return <StatusBadge tone="bad">growing</StatusBadge>;
  }
  return known(secondsText(drainSeconds));
}

function PartitionRow({ partition: p }: { partition: StreamPartition }) {
  return (
    <tr>
      <th scope="row">{p.partition === "*" ? "all files" : p.partition}</th>
      <td className={classes.right}>{known(numberText(p.lagMessages))}</td>
      <td className={classes.right}>{known(secondsText(p.lagSeconds))}</td>
      <td>
        <Sparkline
          label="Lag over the last 15 minutes"
          values={p.trend.map(({ lagMessages, lagSeconds }) => lagMessages ?? lagSeconds)}
        />
      </td>
      <td className={classes.right}>{rateText(p.rateIn)}</td>
      <td className={classes.right}>{rateText(p.rateOut)}</td>
      <td className={classes.right}>{drainText(p)}</td>
      <td className={classes.right}>
        {p.partition === "*" && p.position !== null ? `plan ${numberText(p.position)}` : numberText(p.position)}
      </td>
      <td>{p.newestEventTime === null ? "—" : <Time at={p.newestEventTime} short />}</td>
      <td>{p.lastCommitAt === null ? "—" : <Time at={p.lastCommitAt} short />}</td>
    </tr>
  );
}
