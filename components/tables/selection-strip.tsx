"use client";

import classes from "./data-table.module.css";
import type { AllPages } from "./selection";

export interface SelectionStripProps {
  readonly allPages: AllPages;
  readonly loaded: number;
  /** Rows under the filter, all pages. */
  readonly total: number;
}

const number = (value: number) => value.toLocaleString("en-US");

/** Offers the rows that are not loaded once every loaded one is selected, and says what is meant then. */
export function SelectionStrip({ allPages, loaded, total }: SelectionStripProps) {
  return (
    <div className={classes.strip} role="status">
      {allPages.chosen
        ? `All ${number(total)} rows under this filter are selected, also those not loaded.`
        : `The ${number(loaded)} loaded rows are selected.`}
      <button type="button" onClick={() => allPages.onChange(!allPages.chosen)}>
        {allPages.chosen ? `Only the ${number(loaded)} loaded` : `Select all ${number(total)} under this filter`}
      </button>
    </div>
  );
}
