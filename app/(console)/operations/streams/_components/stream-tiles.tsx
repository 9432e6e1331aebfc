import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import type { Stream } from "@/server/indexes/ops/contract";
import { numberText, rateText, secondsText } from "../../_components/words";

/** The whole in five figures; each leads to what is behind it. */
export function StreamTiles({ streams }: { streams: readonly Stream[] }) {
  const partitions = streams.flatMap((stream) => stream.partitions);
  const lags = partitions.flatMap(({ lagMessages }) => lagMessages ?? []);
  const waits = partitions.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  const rates = streams.flatMap(({ recordsPerSecond }) => recordsPerSecond ?? []);
  const broken = streams.filter(({ balance }) => !balance.balanced);
  const ailing = streams.filter(({ state }) => state !== "running" && state !== "starting");
  const quarantined = streams.reduce((sum, { balance }) => sum + balance.quarantined, 0);
  return (
    <StatTiles>
      <StatTile
        label="Sources running"
        value={`${streams.length - ailing.length} of ${streams.length}`}
        hint={ailing.length === 0 ? "all are read" : ailing.map(({ source, state }) => `${source} ${state}`).join(", ")}
        tone={ailing.length === 0 ? "neutral" : "bad"}
        href="/operations/health"
      />
      <StatTile
        label="Taken in"
        value={rateText(rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0))}
        hint="records, over the last minute"
        href="#throughput"
      />
      <StatTile label="Behind" {...behindOf(lags, waits)} href="#sources" />
      <StatTile
        label="Balance"
        value={`${streams.length - broken.length} of ${streams.length}`}
        hint={broken.length === 0 ? "sources add up" : `not: ${broken.map(({ source }) => source).join(", ")}`}
        tone={broken.length === 0 ? "neutral" : "bad"}
        href="#sources"
      />
      <StatTile
        label="Quarantined"
        value={numberText(quarantined)}
        hint="records, all time"
        href="/operations/quarantine"
      />
    </StatTiles>
  );
}

/** Records where a source can count them, else how long the oldest waits: a landing zone knows only the latter. */
function behindOf(lags: readonly bigint[], waits: readonly number[]): { value: string; hint: string } {
  const oldest = waits.length === 0 ? null : Math.max(...waits);
  if (lags.length > 0) {
    const records = lags.reduce((sum, lag) => sum + lag, 0n);
    return { value: numberText(records), hint: `records; the oldest waits ${secondsText(oldest)}` };
  }
  if (oldest !== null) return { value: secondsText(oldest), hint: "the oldest record waits" };
  return { value: "—", hint: "no source says how much waits" };
}
