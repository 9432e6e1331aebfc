"use client";

import { CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import classes from "./copy-text.module.css";

export interface CopyTextProps {
  readonly value: string;
  /** What it is, for the name of the button. */
  readonly label?: string;
  readonly mono?: boolean;
}

/** A text with a button that copies it whole, also where it is shown cut. */
export function CopyText({ value, label = "value", mono = true }: CopyTextProps) {
  return (
    <span className={classes.copy}>
      <span className={mono ? `mono ${classes.text}` : classes.text} title={value}>
        {value}
      </span>
      <CopyButton value={value} timeout={1_500}>
        {({ copied, copy }) => (
          <button
            type="button"
            className={classes.button}
            onClick={copy}
            aria-label={copied ? "Copied" : `Copy ${label}`}
          >
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </button>
        )}
      </CopyButton>
    </span>
  );
}
