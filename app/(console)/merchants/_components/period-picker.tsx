"use client";

import { SegmentedControl, TextInput } from "@mantine/core";

export interface PeriodPickerProps {
  readonly from: string;
  readonly to: string;
  /** Null where the index is empty. */
  readonly available: { readonly from: string; readonly to: string } | null;
  readonly onChange: (period: { from: string; to: string }) => void;
}

const DAY_MS = 86_400_000;
const SPANS = [
  { value: "1", label: "Day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
];

const back = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

/** A span of business dates, both included. */
export function PeriodPicker({ from, to, available, onChange }: PeriodPickerProps) {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  const bounds = { min: available?.from, max: available?.to };
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="Length of the period"
        data={SPANS}
        value={String(days)}
        onChange={(span) => onChange({ from: back(to, Number(span) - 1), to })}
      />
      <TextInput
        type="date"
        aria-label="First business date"
        value={from}
        {...bounds}
        onChange={({ currentTarget: { value } }) =>
          value !== "" && onChange({ from: value, to: value > to ? value : to })
        }
      />
      <TextInput
        type="date"
        aria-label="Last business date"
        value={to}
        {...bounds}
        onChange={({ currentTarget: { value } }) =>
          value !== "" && onChange({ from: value < from ? value : from, to: value })
        }
      />
    </>
  );
}
