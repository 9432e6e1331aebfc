"use client";

import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { usePageKeys } from "@/components/console/use-page-keys";

const TYPED_MS = 250;

export interface FilterInputProps {
  /** What can be typed. */
  readonly label: string;
  /** What the address says; null is no filter. */
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
  readonly width?: number;
}

/** The filter of a page: asks once the typing pauses; `/` brings the cursor here. */
export function FilterInput({ label, value, onChange, width = 190 }: FilterInputProps) {
  const [typed, setTyped] = useState(value ?? "");
  const [known, setKnown] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  usePageKeys([{ key: "/", label: "Filter", run: () => input.current?.focus() }]);
  if (known !== value) {
    setKnown(value);
    setTyped(value ?? "");
  }
  const wanted = typed.trim() === "" ? null : typed.trim();
  const tell = useEffectEvent(() => onChange(wanted));
  useEffect(() => {
    if (wanted === value) return;
    const timer = setTimeout(() => tell(), TYPED_MS);
    return () => clearTimeout(timer);
  }, [wanted, value]);
  return (
    <TextInput
      ref={input}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={14} aria-hidden />}
      w={width}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}
