"use client";

import { IconCalendarTime } from "@tabler/icons-react";
import { useFreshness } from "@/components/console/freshness";
import { usePastOfPage } from "@/components/console/use-past";
import { shortTime } from "@/components/ui/format-time";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import { useTimeZone } from "@/components/ui/time-zone";
import classes from "./past.module.css";

const choice = laterMenu(() => import("@/components/console/past-choice"));

/** The day the newest event lies on, and of which instant the page is: now, or one in the past. */
export function PastControl() {
  const { offered, ...past } = usePastOfPage();
  const zone = useTimeZone();
  const { freshness } = useFreshness();
  const newest = freshness?.indexes
    .flatMap(({ watermark }) => watermark ?? [])
    .toSorted()
    .at(-1);
  const day = past.at === null ? newest?.slice(0, 10) : undefined;
  return (
    <OpenLater
      menu={choice}
      given={{ past, offered }}
      target={
        <button
          type="button"
          className={classes.control}
          data-past={past.at !== null}
          aria-label={past.at === null ? "As of now; choose an instant" : `As of ${past.at}; choose another instant`}
          title={day === undefined ? undefined : `The newest event is of ${day}, UTC`}
        >
          <IconCalendarTime size={15} aria-hidden />
          <span className={classes.day} suppressHydrationWarning>
            {past.at === null ? (day ?? "Now") : `As of ${shortTime(past.at, zone, new Date())}`}
          </span>
          {past.at === null && day !== undefined && <span className={classes.now}>now</span>}
        </button>
      }
    />
  );
}
