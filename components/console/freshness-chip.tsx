"use client";

import { IconAlertTriangle, IconClockCheck, IconHistory, IconPlugConnectedX } from "@tabler/icons-react";
import { usePathname } from "next/navigation";
import { useId } from "react";
import { shortDuration, useFreshness, useIndexFreshness } from "@/components/console/freshness";
import { indexOfPath } from "@/components/console/places";
import { usePreferences } from "@/components/console/preferences";
import { usePastOfPage } from "@/components/console/use-past";
import type { AsOf } from "@/server/domain/answer";
import classes from "./freshness-chip.module.css";

export interface FreshnessChipProps {
  /** The state of the lake the rows on the page were read from. */
  readonly asOf: AsOf | null | undefined;
  /** The promise of what is shown, milliseconds. */
  readonly promiseMs?: number;
}

/** How true the page is: watermark and lake version of what is shown, and red where the promise is missed. */
export function FreshnessChip({ asOf, promiseMs }: FreshnessChipProps) {
  const state = useIndexFreshness(indexOfPath(usePathname()));
  const { silentSinceMs } = useFreshness();
  const { zone } = usePreferences();
  const past = usePastOfPage().at;
  const explained = useId();
  if (asOf === null || asOf === undefined) return null;
  const promise = promiseMs ?? state?.promiseMs ?? null;
  const behind = state !== null && promise !== null && state.behindMs > promise ? state.behindMs : null;
  const version = Math.max(0, ...Object.values(asOf.lakeVersions));
  const shown = asOf.watermark === null ? "no events yet" : clockOf(asOf.watermark, zone);
  const tone = past !== null ? "past" : silentSinceMs !== null ? "warn" : behind !== null ? "bad" : "good";
  const Icon = { past: IconHistory, good: IconClockCheck, warn: IconPlugConnectedX, bad: IconAlertTriangle }[tone];
  const words = {
    past: "As of then",
    good: "Fresh",
    warn: "No live word",
    bad: `${shortDuration(behind ?? 0)} behind`,
  }[tone];
  return (
    <span className={classes.place}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation opens on focus too. */}
      <span className={classes.chip} data-tone={tone} role="status" tabIndex={0} aria-describedby={explained}>
        <Icon size={14} aria-hidden />
        <b>{words}</b>
        <span className={classes.detail}>
          {shown} · v{version}
        </span>
      </span>
      <Explanation id={explained} asOf={asOf} zone={zone} promiseMs={past === null ? promise : null} />
    </span>
  );
}

interface ExplanationProps {
  readonly id: string;
  readonly asOf: AsOf;
  readonly zone: string;
  readonly promiseMs: number | null;
}

/** Shown while the chip is pointed at or has the focus. */
function Explanation({ id, asOf, zone, promiseMs }: ExplanationProps) {
  const versions = Object.entries(asOf.lakeVersions);
  return (
    <div id={id} role="tooltip" className={classes.explanation}>
      <div>Newest event shown: {asOf.watermark === null ? "none" : fullOf(asOf.watermark, zone)}</div>
      <div>Read: {fullOf(asOf.readAt, zone)}</div>
      {promiseMs !== null && <div>Promise: a stored event is here within {shortDuration(promiseMs)}</div>}
      <div>Lake: {versions.map(([table, version]) => `${table} v${version}`).join(", ")}</div>
    </div>
  );
}

const clockOf = (at: string, zone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
    new Date(at),
  );

const fullOf = (at: string, zone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "medium", timeStyle: "long" }).format(new Date(at));
