"use client";

import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { laterMenu, OpenLater } from "@/components/ui/open-later";

const formats = laterMenu(() => import("./export-formats"));

/** Every row of exactly this query, as a file; `href` is its address without `format`. */
export function ExportMenu({ href }: { href: string }) {
  return (
    <OpenLater
      menu={formats}
      given={{ href }}
      target={
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconDownload size={15} aria-hidden />}>
          Export
        </Button>
      }
    />
  );
}
