"use client";

import { Button, Checkbox, Popover } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { type OpenedProps, useOpenedAtOnce } from "@/components/ui/open-later";
import classes from "./column-menu.module.css";
import type { ArrangedColumns } from "./use-columns";

export interface ColumnListProps extends OpenedProps {
  readonly columns: ArrangedColumns<{ readonly key: string; readonly header: string }>;
}

/** The columns with their places; loaded when it is first asked for. */
export default function ColumnList({ target, columns }: ColumnListProps) {
  const state = useOpenedAtOnce();
  const { all, visible } = columns;
  return (
    <Popover position="bottom-end" width={260} trapFocus withinPortal returnFocus {...state}>
      <Popover.Target>{target}</Popover.Target>
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
              <span className={classes.moves}>
                <button
                  type="button"
                  aria-label={`Move ${header} towards the front`}
                  disabled={place === 0}
                  onClick={() => columns.move(key, -1)}
                >
                  <IconArrowUp size={14} aria-hidden />
                </button>
                <button
                  type="button"
                  aria-label={`Move ${header} towards the end`}
                  disabled={place === all.length - 1}
                  onClick={() => columns.move(key, 1)}
                >
                  <IconArrowDown size={14} aria-hidden />
                </button>
              </span>
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
