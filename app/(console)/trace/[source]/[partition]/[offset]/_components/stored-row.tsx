import Link from "next/link";
import { CopyText } from "@/components/ui/copy-text";
import { Time } from "@/components/ui/time";
import type { TraceRow } from "@/server/console/contract";
import classes from "./trace.module.css";

/** Columns that name something else the console knows. */
const LINKED: ReadonlySet<string> = new Set([
  "transaction_id",
  "event_id",
  "user_id",
  "merchant_id",
  "counterparty_id",
  "card_token",
  "fraud_signal_id",
]);

/** A row as stored, and the Parquet file that holds it. */
export function StoredRow({ row }: { row: TraceRow }) {
  return (
    <>
      {row.file !== null && (
        <div className={classes.file}>
          <CopyText value={row.file.path} label="the path of the file" />
          <span className={classes.dim}>
            {row.file.rows.toLocaleString("en-US")} rows, {row.file.bytes.toLocaleString("en-US")} bytes
            {row.file.addedInVersion !== null && `, added in version ${row.file.addedInVersion}`},{" "}
            <Time at={row.file.addedAt} />
          </span>
        </div>
      )}
      <table className={classes.fields}>
        <tbody>
          {row.fields.map(({ name, value, masked }) => (
            <tr key={name}>
              <th scope="row" className="mono">
                {name}
              </th>
              <td>
                {masked ? (
                  <span className={classes.dim}>hidden from your role</span>
                ) : LINKED.has(name) ? (
                  <Link href={`/search?q=${encodeURIComponent(value)}`} prefetch={false}>
                    {value}
                  </Link>
                ) : (
                  value
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
