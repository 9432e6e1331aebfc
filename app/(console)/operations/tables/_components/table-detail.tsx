import { CopyText } from "@/components/ui/copy-text";
import type { TableFacts } from "@/server/indexes/ops/contract";
import { FootPanel } from "../../_components/foot-panel";
import classes from "../../_components/operations.module.css";
import { bytesText } from "../../_components/words";

/** Columns, progress marks and retention of one table. */
export function TableDetail({ table, onClose }: { table: TableFacts; onClose: () => void }) {
  return (
    <FootPanel label={`Table ${table.name}`} of={table.name} title={<b>{table.name}</b>} onClose={onClose}>
      <div className={classes.balance}>
        <CopyText value={table.path} label="the path of the table" />
        <span className={classes.dim}>
          average file {bytesText(table.averageFileBytes)} · log kept {table.logDays} days · rows{" "}
          {table.dataDays === null ? "kept without end" : `kept ${table.dataDays} days`}
        </span>
      </div>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <caption className="visually-hidden">Columns of {table.name}</caption>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Type</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {table.columns.map(({ name, type, nullable, comment }) => (
              <tr key={name}>
                <th scope="row" className="mono">
                  {name}
                </th>
                <td>
                  {type}
                  {nullable && <span className={classes.dim}> or nothing</span>}
                </td>
                <td className={classes.wrap}>{comment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.marks.length > 0 && (
        <div className={classes.detail}>
          <div className={classes.dim}>Progress marks</div>
          {table.marks.map(({ appId, version }) => (
            <div key={appId} className="mono">
              {appId} = {String(version)}
            </div>
          ))}
        </div>
      )}
    </FootPanel>
  );
}
