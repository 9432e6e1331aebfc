"use client";

import { Button, Checkbox, Popover } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconMinus, IconPlus } from "@tabler/icons-react";
import { type OpenedProps, popoverTarget, useOpenedAtOnce } from "@/components/ui/open-later";
import classes from "./column-menu.module.css";
import type { ArrangedColumns } from "./use-columns";

/** One press makes a column this much wider or narrower, pixels. */
const STEP_PX = 24;
/** What a column without a width of its own is taken to have. */
const FLEXIBLE_PX = 160;

export interface ColumnListProps extends OpenedProps {
  readonly columns: ArrangedColumns<{ readonly key: string; readonly header: string }>;
}

/** The columns with their places; loaded when it is first asked for. */
export default function ColumnList({ target, columns }: ColumnListProps) {
  const state = useOpenedAtOnce();
  const { all, visible } = columns;
  return (
    <Popover position="bottom-end" width={320} trapFocus withinPortal returnFocus {...state}>
      <Popover.Target>{popoverTarget(target, state)}</Popover.Target>
      <Popover.Dropdown>
        <ul className={classes.list} aria-label="Columns">
          {all.map(({ key, header }, place) => (
            <li key={key} className={classes.entry}>
              <Checkbox
                size="xs"
                label={header}
                checked={visible.some((column) => column.key === key)}
                disabled={visible.length === 1 && visible[0]?.key === key}
                onChange={() => columns.toggle(key)}
              />
              <ColumnVerbs
                header={header}
                first={place === 0}
                last={place === all.length - 1}
                onMove={(by) => columns.move(key, by)}
                onSize={(by) => columns.resize(key, (columns.widthOf({ key, header }) ?? FLEXIBLE_PX) + by * STEP_PX)}
              />
            </li>
          ))}
        </ul>
        <Button variant="default" size="compact-sm" mt="xs" onClick={columns.reset}>
          As it was made
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ColumnVerbsProps {
  readonly header: string;
  readonly first: boolean;
  readonly last: boolean;
  readonly onMove: (by: -1 | 1) => void;
  readonly onSize: (by: -1 | 1) => void;
}

/** Place and size without a pointer. */
function ColumnVerbs({ header, first, last, onMove, onSize }: ColumnVerbsProps) {
  const verbs = [
    { label: `Make ${header} narrower`, Icon: IconMinus, run: () => onSize(-1), disabled: false },
    { label: `Make ${header} wider`, Icon: IconPlus, run: () => onSize(1), disabled: false },
    { label: `Move ${header} towards the front`, Icon: IconArrowUp, run: () => onMove(-1), disabled: first },
    { label: `Move ${header} towards the end`, Icon: IconArrowDown, run: () => onMove(1), disabled: last },
  ];
  return (
    <span className={classes.moves}>
      {verbs.map(({ label, Icon, run, disabled }) => (
        <button key={label} type="button" aria-label={label} disabled={disabled} onClick={run}>
          <Icon size={14} aria-hidden />
        </button>
      ))}
    </span>
  );
}
