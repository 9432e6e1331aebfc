"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTRPC } from "@/components/trpc/client";
import { Time } from "@/components/ui/time";
import type { Close } from "@/server/indexes/reconciliation/contract";
import classes from "./reconciliation.module.css";

const CloseDiff = dynamic(() => import("./close-diff"), { ssr: false });

const NEWEST = "";
const choiceOf = (date: string, version: number): string => `${date}@${version}`;

export interface CloseChoice {
  readonly date: string | null;
  readonly version: number | null;
}

/** The close in view: a business date, and of each date every run that can be reopened. */
export function ClosePicker({ chosen, onChange }: { chosen: CloseChoice; onChange: (choice: CloseChoice) => void }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.reconciliation.closes.queryOptions(undefined, { staleTime: 10_000 }));
  const runs = data?.closes ?? [];
  const options = (data?.dates ?? []).flatMap((date) => {
    const [newest, ...earlier] = runs.filter(({ businessDate }) => businessDate === date);
    const past = earlier.map(({ version, closedAt }) => ({
      value: choiceOf(date, version),
      label: `${date}, as closed ${closedAt.slice(0, 16).replace("T", " ")} UTC`,
    }));
    return [{ value: date, label: newest === undefined ? date : `${date}, run ${past.length + 1}` }, ...past];
  });
  const value =
    chosen.date === null ? NEWEST : chosen.version === null ? chosen.date : choiceOf(chosen.date, chosen.version);
  const listed = options.some((option) => option.value === value) || value === NEWEST;
  return (
    <NativeSelect
      size="xs"
      w={270}
      aria-label="Close"
      data={[{ value: NEWEST, label: "Newest close" }, ...options, ...(listed ? [] : [{ value, label: value }])]}
      value={value}
      onChange={({ currentTarget }) => {
        const [date = "", version] = currentTarget.value.split("@");
        onChange({ date: date === NEWEST ? null : date, version: version === undefined ? null : Number(version) });
      }}
    />
  );
}

/** Says that what is shown is no more as it is now, and what has changed since. */
export function PastClose({ close, chosen }: { close: Close | undefined; chosen: CloseChoice }) {
  if (close === undefined || close.isCurrent) return null;
  return (
    <div className={classes.past} role="note">
      <span>
        The close of <b>{close.businessDate}</b> as it was made <Time at={close.startedAt} short />, version{" "}
        {close.version}. Decisions are made on the newest close.
      </span>
      {chosen.version !== null && <CloseDiff date={close.businessDate} version={close.version} />}
    </div>
  );
}
