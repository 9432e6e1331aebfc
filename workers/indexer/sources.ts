import type { SourceSettings } from "../../server/config/sources";
import type { ObjectStore } from "../../server/lake/store/store";
import type { Logger } from "../../server/observability/log";
import type { Mapping } from "../../server/pipeline/mapping/schema";
import type { Source } from "../../server/pipeline/source";
import { createKafkaSource } from "../../server/sources/kafka/source";
import { type RecordFormat, storeFiles } from "../../server/sources/landing/files";
import { createLandingSource } from "../../server/sources/landing/source";

export interface SourceParts {
  readonly source: SourceSettings;
  readonly mapping: Mapping;
  readonly store: ObjectStore;
  readonly recordBytesMax: number;
  readonly planRecords: number;
  readonly planBytes: number;
  readonly log: Logger;
}

/** A declared source, ready to run. */
export function createSource(parts: SourceParts): Source {
  const { source, mapping, store, log } = parts;
  const { name, transport } = source;
  if (transport.kind === "kafka") {
    const { cluster, topic, group, sessionTimeoutMs, acceptLoss } = transport;
    return createKafkaSource({ name, topic, groupId: group, connection: cluster, sessionTimeoutMs, acceptLoss, log });
  }
  return createLandingSource({
    name,
    store,
    files: storeFiles(store, name, transport.after),
    format: recordFormatOf(mapping, parts.recordBytesMax),
    pollMs: transport.pollMs,
    settleMs: transport.settleMs,
    recordsPerPlan: parts.planRecords,
    bytesPerPlan: parts.planBytes,
    once: false,
    log,
  });
}

/** How a landed file is cut into records. */
export function recordFormatOf(mapping: Mapping, keepBytesMax: number): RecordFormat {
  const { format } = mapping;
  if (format.type !== "csv") return { quoted: false, header: null, delimiter: "", keepBytesMax };
  return { quoted: true, header: format.header ? format.columns : null, delimiter: format.delimiter, keepBytesMax };
}
