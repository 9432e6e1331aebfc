"use client";

import { IconAlertTriangle, IconBolt, IconPlugConnectedX } from "@tabler/icons-react";
import { useFreshness } from "@/components/console/freshness";
import { useMe } from "@/components/console/use-me";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import type { IndexFreshness } from "@/server/console/contract";
import { INDEXES } from "@/server/indexes/names";
import classes from "./freshness-summary.module.css";

const details = laterMenu(() => import("@/components/console/freshness-details"));

/** One word for everything, and behind it each index against its promise. */
export function FreshnessSummary() {
  const { freshness, silentSinceMs } = useFreshness();
  const { can } = useMe();
  const indexes = freshness?.indexes.filter(({ index }) => can(index, "read")) ?? [];
  const missed = indexes.filter((entry) => entry.missed);
  const tone = silentSinceMs !== null ? "warn" : missed.length > 0 ? "bad" : "good";
  return (
    <OpenLater
      menu={details}
      given={{}}
      target={
        <button type="button" className={classes.summary} data-tone={tone}>
          <Words tone={tone} missed={missed} known={freshness !== null} />
        </button>
      }
    />
  );
}

function Words({ tone, missed, known }: { tone: string; missed: readonly IndexFreshness[]; known: boolean }) {
  if (tone === "warn") {
    return (
      <>
        <IconPlugConnectedX size={15} aria-hidden /> <span>Not live</span>
      </>
    );
  }
  const [first] = missed;
  if (first !== undefined) {
    const words = missed.length === 1 ? INDEXES[first.index].title : `${missed.length} indexes`;
    return (
      <>
        <IconAlertTriangle size={15} aria-hidden /> <span>{words} behind</span>
      </>
    );
  }
  return (
    <>
      <IconBolt size={15} aria-hidden /> <span>{known ? "All fresh" : "Looking"}</span>
    </>
  );
}
