"use client";

import { Button, UnstyledButton } from "@mantine/core";
import { IconArrowUp, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import classes from "./new-rows-pill.module.css";

export interface NewRowsPillProps {
  /** Rows that arrived since the table was read. */
  readonly count: number;
  readonly paused: boolean;
  readonly onShow: () => void;
  readonly onPauseChange: (paused: boolean) => void;
}

/** New rows wait here, so that nothing moves under the pointer. Takes its place whether any wait or not. */
export function NewRowsPill({ count, paused, onShow, onPauseChange }: NewRowsPillProps) {
  const PauseIcon = paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <div className={classes.place}>
      <span className={classes.live} aria-live="polite">
        {count > 0 && (
          <Button size="compact-sm" radius="xl" leftSection={<IconArrowUp size={14} />} onClick={onShow}>
            {count.toLocaleString("en-US")} new
          </Button>
        )}
      </span>
      <UnstyledButton className={classes.pause} data-paused={paused} onClick={() => onPauseChange(!paused)}>
        <PauseIcon size={14} aria-hidden />
        {paused ? "Paused" : "Live"}
      </UnstyledButton>
    </div>
  );
}
