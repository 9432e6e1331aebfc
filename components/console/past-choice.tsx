"use client";

import { Button, Popover, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { instantInZone, localInZone } from "@/components/console/past-instant";
import type { PastHere } from "@/components/console/use-past";
import { type OpenedProps, popoverTarget, useOpenedAtOnce } from "@/components/ui/open-later";
import { useTimeZone } from "@/components/ui/time-zone";
import classes from "./past.module.css";

export interface PastChoiceProps extends OpenedProps {
  readonly past: PastHere;
  readonly offered: boolean;
}

/** Sets the instant the page is shown as of; loaded when it is first asked for. */
export default function PastChoice({ target, past, offered }: PastChoiceProps) {
  const state = useOpenedAtOnce();
  return (
    <Popover position="bottom-end" width={300} trapFocus withinPortal returnFocus {...state}>
      <Popover.Target>{popoverTarget(target, state)}</Popover.Target>
      <Popover.Dropdown aria-label="As of">
        {offered ? (
          state.opened && <Choice past={past} onClose={() => state.onChange(false)} />
        ) : (
          <p className={classes.words}>
            This page shows the present only: what people decide on it is kept as it stands now, not as it was.
            Merchants can be opened as of an instant.
          </p>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Choice({ past, onClose }: { past: PastHere; onClose: () => void }) {
  const zone = useTimeZone();
  const [typed, setTyped] = useState(() => localInZone(past.at ?? new Date().toISOString(), zone));
  const wanted = instantInZone(typed, zone);
  const ahead = wanted !== null && Date.parse(wanted) > Date.now();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === null || ahead) return;
    past.change(wanted);
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        type="datetime-local"
        label="Show this page as it was at"
        description={`Time in ${zone}. As far back as the tables keep their log: two days for real-time indexes.`}
        error={ahead ? "Still to come" : undefined}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
      />
      <div className={classes.actions}>
        {past.at !== null && (
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              past.change(null);
              onClose();
            }}
          >
            Back to now
          </Button>
        )}
        <Button type="submit" size="xs" disabled={wanted === null || ahead}>
          Show
        </Button>
      </div>
    </form>
  );
}
