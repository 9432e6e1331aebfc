import { ConcordanceError } from "../../domain/errors";
import type { KafkaConnection } from "./connection";

const names = (error: unknown): string[] => {
  const found: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; depth++) {
    found.push(at.name);
    if ("type" in at && typeof at.type === "string") found.push(at.type);
    at = "originalError" in at ? at.originalError : at.cause;
  }
  return found;
};

/** What went wrong with a cluster, as something a person can act on; all of it passes by itself once the cause is gone. */
export function kafkaFault(error: unknown, connection: KafkaConnection, topic: string): ConcordanceError {
  if (error instanceof ConcordanceError) return error;
  const known = names(error);
  const message = error instanceof Error ? error.message : String(error);
  const at = connection.brokers.join(", ");
  if (known.includes("KafkaJSSASLAuthenticationError") || /SASL|authentication failed/i.test(message)) {
    return unavailable(
      "kafka_credentials",
      `The brokers ${at} refuse the credentials: ${message}`,
      "Correct the user, password or mechanism of the cluster in the sources file; the source tries again by itself, a changed file is read at the next start.",
      error,
    );
  }
  if (known.includes("UNKNOWN_TOPIC_OR_PARTITION")) return missingTopic(topic, at);
  if (known.includes("TOPIC_AUTHORIZATION_FAILED") || known.includes("GROUP_AUTHORIZATION_FAILED")) {
    return unavailable(
      "kafka_not_allowed",
      `The brokers ${at} do not allow reading ${topic}: ${message}`,
      "Give the user the right to read and describe the topic and to use the consumer group; the source goes on by itself.",
      error,
    );
  }
  if (known.includes("KafkaJSProtocolError")) {
    return unavailable(
      "kafka_not_ready",
      `The brokers ${at} answer, but not with what was asked: ${message}`,
      "This passes while a broker starts or leaders move; the source goes on by itself.",
      error,
    );
  }
  return unavailable(
    "kafka_unreachable",
    `None of the brokers ${at} answers: ${message}`,
    "Check the addresses, TLS setting and network; the source goes on by itself when one answers.",
    error,
  );
}

export const missingTopic = (topic: string, at: string): ConcordanceError =>
  unavailable(
    "topic_missing",
    `The topic ${topic} does not exist on ${at}.`,
    "Create it, or correct its name in the sources file; the source goes on by itself when it is there.",
    null,
  );

const unavailable = (code: string, message: string, remedy: string, cause: unknown) =>
  new ConcordanceError({ kind: "unavailable", code, message, remedy, ...(cause === null ? {} : { cause }) });

/** Records are gone that were never read, or seem so: reading stops until a person has looked. */
export const LOSS_CODES: ReadonlySet<string> = new Set([
  "retention_passed_mark",
  "topic_recreated",
  "cluster_replaced",
  "position_beyond_end",
]);

export function lossFault(loss: {
  readonly code: "retention_passed_mark" | "topic_recreated" | "cluster_replaced";
  readonly message: string;
  /** Put into `accept_loss`, it says that this loss is known. */
  readonly token: string;
}): ConcordanceError {
  return new ConcordanceError({
    kind: "corrupt",
    code: loss.code,
    message: loss.message,
    remedy: `Restore the records if you can. To go on without them, add "${loss.token}" to accept_loss of this source in the sources file and restart the indexer.`,
  });
}

/** The log ends before what the lake holds already: offsets would be used a second time. */
export const beyondEndFault = (message: string): ConcordanceError =>
  new ConcordanceError({
    kind: "corrupt",
    code: "position_beyond_end",
    message,
    remedy:
      "The broker lost records it had acknowledged (an unclean leader election does that). Restore them, or delete and make the topic again: then its new id starts new marks.",
  });
