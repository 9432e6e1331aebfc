"use client";

import classes from "./data-table.module.css";
import type { AllPages } from "./selection";

export interface SelectionStripProps {
  readonly allPages: AllPages;
  /** Rows selected one by one or as the loaded ones. */
  readonly selected: number;
  /** Rows under the filter, all pages. */
  readonly total: number;
}

const number = (value: number) => value.toLocaleString("en-US");

/** Offers the rows that are not loaded once all or many of the loaded ones are selected, and says what is meant then. */
export function SelectionStrip({ allPages, selected, total }: SelectionStripProps) {
  return (
    <div className={classes.strip} role="status">
      {allPages.chosen
        ? `All ${number(total)} rows under this filter are selected, also those not loaded.`
        : `${number(selected)} rows are selected.`}
      <button type="button" onClick={() => allPages.onChange(!allPages.chosen)}>
        {allPages.chosen
          ? `Only the ${number(selected)} chosen before`
          : `Select all ${number(total)} under this filter`}
      </button>
    </div>
  );
}
