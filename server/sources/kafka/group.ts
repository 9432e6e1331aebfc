import type { Batch } from "kafkajs";
import type { RawRecord } from "../../pipeline/records";
import type { SourceGroup } from "../../pipeline/source";

const NOTHING = new Uint8Array(0);

/** One batch of one partition as the pipeline takes it; a record without a value (a tombstone) has no bytes. */
export function groupOf(source: string, appId: string, batch: Batch): SourceGroup {
  const records: RawRecord[] = [];
  const partition = String(batch.partition);
  let bytes = 0;
  for (const { value, offset } of batch.messages) {
    records.push({ bytes: value ?? NOTHING, position: BigInt(offset), partition });
    bytes += value?.byteLength ?? 0;
  }
  return {
    source,
    appId,
    markVersion: records.at(-1)?.position ?? -1n,
    markPer: "record",
    batches: [{ source, partition, records }],
    bytes,
    arrivedAtMs: Date.now(),
  };
}
