import classes from "./state.module.css";

const WIDTHS = [92, 78, 86, 64, 81] as const;

/** Lines in the room of what is coming; seen after 200 ms only. */
export function Skeletons({ rows = 5 }: { rows?: number }) {
  return (
    <div className={classes.skeletons} aria-busy="true" role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_, row) => ({ row, width: WIDTHS[row % WIDTHS.length] ?? 80 })).map(
        ({ row, width }) => (
          <div key={row} className={classes.skeleton} style={{ width: `${width}%` }} aria-hidden />
        ),
      )}
    </div>
  );
}
