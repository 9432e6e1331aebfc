"use client";

import { Button, Progress, Select } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import type { JobCell, Jobs } from "@/server/indexes/ops/contract-jobs";
import shared from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import { cellWords, changedText, dayText, progressOf } from "./job-words";
import classes from "./jobs.module.css";

const DAY_MS = 86_400_000;
const PERIODS = ["14", "35", "92"] as const;

export interface JobsGridProps {
  readonly jobs: Jobs;
  readonly opened: JobCell | null;
  readonly onOpen: (cell: JobCell) => void;
  readonly atNewest: boolean;
  readonly days: number;
  readonly onPeriod: (until: string | null, days: number) => void;
}

/** Every index by business date, the newest on top. */
export function JobsGrid({ jobs, opened, onOpen, atNewest, days, onPeriod }: JobsGridProps) {
  const { dates, indexes, newestDate } = jobs;
  const shift = (by: number) => {
    const until = new Date(Date.parse(`${dates[0] ?? newestDate}T00:00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);
    onPeriod(until >= newestDate ? null : until, days);
  };
  return (
    <Panel
      title="Index by business date"
      flush
      actions={
        <span className={classes.period}>
          <Select
            aria-label="Dates shown"
            data={PERIODS.map((value) => ({ value, label: `${value} days` }))}
            value={String(days)}
            allowDeselect={false}
            w={96}
            onChange={(value) => onPeriod(atNewest ? null : (dates[0] ?? null), Number(value))}
          />
          <Button variant="default" size="xs" aria-label="Earlier dates" onClick={() => shift(-days)}>
            <IconChevronLeft size={14} aria-hidden />
          </Button>
          <Button variant="default" size="xs" aria-label="Later dates" disabled={atNewest} onClick={() => shift(days)}>
            <IconChevronRight size={14} aria-hidden />
          </Button>
        </span>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section className={shared.scroll} tabIndex={0} aria-label="Final indexes by business date">
        <table className={shared.table}>
          <thead>
            <tr>
              <th scope="col" className={classes.date}>
                Business date
              </th>
              {indexes.map(({ index, title }) => (
                <th key={index} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {dates.map((date) => (
              <tr key={date} data-active={opened?.businessDate === date}>
                <th scope="row" title={date}>
                  <span className="mono">{date}</span> <span className={shared.dim}>{dayText(date).slice(0, 3)}</span>
                </th>
                {indexes.map(({ index }) => (
                  <td key={index}>
                    <Cell
                      cell={jobs.cells.find((cell) => cell.index === index && cell.businessDate === date)}
                      opened={opened}
                      onOpen={onOpen}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

function Cell({ cell, opened, onOpen }: { cell: JobCell | undefined } & Pick<JobsGridProps, "opened" | "onOpen">) {
  if (cell === undefined) return null;
  const { tone, word } = cellWords(cell);
  const detail = detailOf(cell);
  return (
    <button
      type="button"
      className={classes.cell}
      data-quiet={cell.state === "empty"}
      aria-pressed={opened?.index === cell.index && opened.businessDate === cell.businessDate}
      aria-label={`${cell.index} ${cell.businessDate}: ${word}${detail === "" ? "" : `, ${detail}`}`}
      title={detail}
      onClick={() => onOpen(cell)}
    >
      {cell.state === "empty" ? (
        <span className={shared.dim}>{word}</span>
      ) : (
        <StatusBadge tone={tone}>{word}</StatusBadge>
      )}
      <span className={classes.detail}>{detail}</span>
      {cell.state === "running" && cell.latest !== null && (
        <Progress value={progressOf(cell.latest)} size={3} w={48} aria-label="Steps done" />
      )}
    </button>
  );
}

function detailOf({ state, latest, changed, closes, inputRows, dryRun }: JobCell): string {
  if (state === "running" && latest?.step != null) {
    return `${latest.step.name.replaceAll("_", " ")}, ${latest.step.number} of ${latest.step.count}`;
  }
  if (state === "blocked") return latest?.waits[0]?.message ?? "";
  if (state === "failed") return latest?.fault?.code.replaceAll("_", " ") ?? "";
  if (state === "queued") return latest?.fault?.againAt == null ? "" : `try ${latest.tries + 1} soon`;
  if (state === "changed" && changed !== null) return changedText(changed);
  if (dryRun !== null) return dryRun.state === "succeeded" ? "dry run to look at" : "dry run under way";
  if (state === "closed") return `${closes === 1 ? "" : `${closes} closes, `}${rowsText(latest?.rows ?? null)}`;
  return state === "open" ? `${numberText(inputRows)} rows in` : "";
}

const rowsText = (rows: number | null): string => (rows === null ? "" : `${numberText(rows)} rows`);
