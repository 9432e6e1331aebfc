import type { Tone } from "@/components/ui/status-badge";

/** "1.4 GB": powers of a thousand, as disks are sold. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return "—";
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let value = bytes;
  let place = 0;
  while (value >= 1_000 && place < units.length - 1) {
    value /= 1_000;
    place++;
  }
  return `${value.toFixed(place === 0 || value >= 100 ? 0 : 1)} ${units[place]}`;
}

/** "4.2 s", "3 min"; "—" where it is not known. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return "—";
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

export const rateText = (perSecond: number | null): string =>
  perSecond === null
    ? "—"
    : `${perSecond.toLocaleString("en-US", { maximumFractionDigits: perSecond < 10 ? 1 : 0 })}/s`;

/** "0.4%"; "—" where there was nothing to divide by. */
export const shareText = (share: number | null): string =>
  share === null ? "—" : `${(share * 100).toLocaleString("en-US", { maximumFractionDigits: 2 })}%`;

export const numberText = (value: number | bigint | null): string =>
  value === null ? "—" : value.toLocaleString("en-US");

const STATE_TONES: Readonly<Record<string, Tone>> = {
  running: "good",
  starting: "info",
  waiting: "warn",
  stopping: "neutral",
  stopped: "neutral",
  restarting: "warn",
  failed: "bad",
  lost: "bad",
};

export const stateTone = (state: string): Tone => STATE_TONES[state] ?? "neutral";
