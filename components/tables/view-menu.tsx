"use client";

import { Button } from "@mantine/core";
import { IconBookmark } from "@tabler/icons-react";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import type { ViewListProps } from "./view-list";
import classes from "./view-menu.module.css";

const list = laterMenu(() => import("./view-list"));

/** Which saved view is open, and the way to the others. */
export function ViewMenu({ table, here, columns }: Omit<ViewListProps, "target">) {
  const { view, gone } = here;
  const changed = view !== null && (here.changed || columns.changed);
  return (
    <OpenLater
      menu={list}
      given={{ table, here, columns }}
      target={
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconBookmark size={15} aria-hidden />}>
          {view === null ? gone ? "View not found" : "Views" : <span className={classes.open}>{view.name}</span>}
          {changed && <span className={classes.changed}>changed</span>}
        </Button>
      }
    />
  );
}
