"use client";

import { Button } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import type { ColumnListProps } from "./column-list";

const list = laterMenu(() => import("./column-list"));

/** Which columns are shown, and in what order. */
export function ColumnMenu({ columns }: Pick<ColumnListProps, "columns">) {
  return (
    <OpenLater
      menu={list}
      given={{ columns }}
      target={
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconColumns3 size={15} aria-hidden />}>
          Columns
        </Button>
      }
    />
  );
}
