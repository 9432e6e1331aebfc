import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle, IconPoint } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./status-badge.module.css";

export type Tone = "good" | "warn" | "bad" | "info" | "neutral";

const ICONS = {
  good: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconCircleX,
  info: IconInfoCircle,
  neutral: IconPoint,
} as const;

/** A state as icon and word; colour only repeats it. */
export function StatusBadge({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = ICONS[tone];
  return (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={13} stroke={1.8} aria-hidden />
      {children}
    </span>
  );
}
