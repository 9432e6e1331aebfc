import { Kafka, type KafkaConfig, type LogEntry, logLevel } from "kafkajs";
import type { Logger } from "../../observability/log";
import { registerCodecs } from "./codecs";
import { mendHalfFrames } from "./half-frame-patch";

/** How a cluster is reached. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** PEM texts, or `true` for the system's certificate authorities. */
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  } | null;
}

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;

/** A client of a cluster, with every codec, mended against half frames, telling its troubles to our log. */
export function openKafka(connection: KafkaConnection, log: Logger, more: Partial<KafkaConfig> = {}): Kafka {
  registerCodecs();
  mendHalfFrames();
  return new Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    ssl: connection.ssl,
    ...(connection.sasl === null ? {} : { sasl: saslOf(connection.sasl) }),
    connectionTimeout: CONNECT_WITHIN_MS,
    requestTimeout: ANSWER_WITHIN_MS,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => tell(log, entry),
    ...more,
  });
}

/** One of the three shapes kafkajs knows, chosen by the mechanism. */
function saslOf({
  mechanism,
  username,
  password,
}: NonNullable<KafkaConnection["sasl"]>): NonNullable<KafkaConfig["sasl"]> {
  if (mechanism === "plain") return { mechanism, username, password };
  if (mechanism === "scram-sha-256") return { mechanism, username, password };
  return { mechanism, username, password };
}

function tell(log: Logger, { namespace, level, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry;
  const words = `kafka client: ${message}`;
  if (level === logLevel.ERROR) log.warn({ namespace, ...fields }, words);
  else log.debug({ namespace, ...fields }, words);
}
