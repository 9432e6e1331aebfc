"use client";

import { Menu } from "@mantine/core";
import { type OpenedProps, useOpenedAtOnce } from "@/components/ui/open-later";

const EXPORT_FORMATS = ["csv", "ndjson", "parquet"] as const;

/** The formats to choose from; loaded when it is first asked for. */
export default function ExportFormats({ target, href }: OpenedProps & { readonly href: string }) {
  const state = useOpenedAtOnce();
  const join = href.includes("?") ? "&" : "?";
  return (
    <Menu position="bottom-end" withinPortal {...state}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Every row under this filter, as</Menu.Label>
        {EXPORT_FORMATS.map((format) => (
          <Menu.Item key={format} component="a" href={`${href}${join}format=${format}`} download>
            {format === "parquet" ? "Parquet" : format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
