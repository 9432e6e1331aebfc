import type { Kafka, Message, Producer } from "kafkajs";
import { ConcordanceError } from "../domain/errors";
import type { Lake } from "../lake/lake";
import { writeParquet } from "../lake/parquet";
import { scanSql } from "../lake/scan";
import type { DataFile } from "../lake/snapshot";
import type { Table } from "../lake/table";
import type { Logger } from "../observability/log";
import { type KafkaConnection, openKafka } from "../sources/kafka/connection";
import { kafkaFault } from "../sources/kafka/faults";
import { ALERT_PUBLICATIONS } from "./tables";

export interface AlertPublisherOptions {
  readonly lake: Lake;
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly log: Logger;
  readonly pollMs?: number;
}

export interface AlertPublisherStatus {
  readonly state: "starting" | "running" | "waiting" | "stopped";
  readonly fault: ConcordanceError | null;
  /** Messages acknowledged since this process began. */
  readonly messages: number;
}

const POLL_MS = 250;
const RETRY_MS = 2_000;
const NO_MARK = -1n;
/** The broker refuses record batches above 1 MiB. */
const SEND_BYTES_MAX = 900_000;
const OVERHEAD_BYTES = 200;
/** After a pause longer than the log is kept, rows this much older than the last acknowledgement are sent again, too. */
const OVERLAP_SECONDS = 3_600;

interface Followed {
  readonly table: string;
  /** Column of the moment a row was made. */
  readonly madeAt: string;
  readonly order: string;
  readonly key: string;
  /** SQL of the header that tells what the message is. */
  readonly action: string;
  readonly rule: string;
  /** SQL of what names the message once: consumers recognise a repetition by it. */
  readonly id: string;
}

const FOLLOWED: readonly Followed[] = [
  {
    table: "alerts",
    madeAt: "detected_at",
    order: "detected_at, alert_id",
    key: "entity_id",
    action: "action",
    rule: "rule",
    id: "alert_id",
  },
  {
    table: "stolen_card_summaries",
    madeAt: "summary_at",
    order: "summary_at, card_token",
    key: "card_token",
    action: "'PAYMENT_ALERT_SUMMARY'",
    rule: "'stolen_card_summary'",
    id: "md5(card_token || chr(31) || epoch_us(summary_at))",
  },
];

/**
 * Publishes every alert and stolen-card summary to a topic, in the order they were made, at least once: what was sent but not
 * yet noted when a process dies is sent again, with the same `alert_id`. Progress is in the lake.
 */
export class AlertPublisher {
  private state: AlertPublisherStatus["state"] = "starting";
  private fault: ConcordanceError | null = null;
  private messages = 0;

  constructor(private readonly options: AlertPublisherOptions) {}

  status(): AlertPublisherStatus {
    return { state: this.state, fault: this.fault, messages: this.messages };
  }

  /** Runs until the signal; a cluster, topic or store that cannot be reached is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { connection, topic, log, pollMs = POLL_MS } = this.options;
    while (!signal.aborted) {
      const kafka = openKafka(connection, log);
      const producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        // Rides out a broker that is away for half a minute.
        retry: { retries: 50, maxRetryTime: 1_000 },
      });
      try {
        await expectTopic(kafka, topic);
        await producer.connect();
        while (!signal.aborted) {
          const sent = await this.publish(producer);
          this.state = "running";
          this.fault = null;
          if (!sent) await pause(pollMs, signal);
        }
      } catch (error) {
        const fault = kafkaFault(error, connection, topic);
        if (fault.kind !== "unavailable") throw error;
        this.state = "waiting";
        this.fault = fault;
        log.warn({ err: error, topic }, "alerts cannot be published now; trying again");
        await pause(RETRY_MS, signal);
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    }
    this.state = "stopped";
  }

  /** What was committed since the last time; false where nothing was. */
  private async publish(producer: Producer): Promise<boolean> {
    let any = false;
    for (const followed of FOLLOWED) any = (await this.publishTable(producer, followed)) || any;
    return any;
  }

  private async publishTable(producer: Producer, followed: Followed): Promise<boolean> {
    const { lake } = this.options;
    const appId = `published/${followed.table}`;
    const progress = lake.table(ALERT_PUBLICATIONS.name);
    const base = (await progress.refresh()).marks.get(appId) ?? NO_MARK;
    const table = lake.table(followed.table);
    const { to, files, where } = await this.rangeAfter(table, followed, base);
    if (to === null) return false;
    const messages = await this.send(producer, followed, files, where);
    await this.note(followed, { appId, base, to, messages });
    this.messages += messages;
    return messages > 0;
  }

  /** The files of the commits after the mark; where the log no longer reaches back to it, the rows since the last note. */
  private async rangeAfter(
    table: Table,
    followed: Followed,
    base: bigint,
  ): Promise<{ to: bigint | null; files: readonly DataFile[]; where: string }> {
    try {
      const changes = await table.changesSince(Math.max(0, Number(base)));
      const last = changes.at(-1)?.version;
      return {
        to: last === undefined ? null : BigInt(last),
        files: changes.flatMap(({ files }) => files),
        where: "true",
      };
    } catch (error) {
      if (!(error instanceof ConcordanceError) || error.code !== "version_gone") throw error;
      const current = await table.refresh();
      const notes = this.options.lake.table(ALERT_PUBLICATIONS.name);
      const scan = await scanSql(notes.store, notes.spec, notes.current().files);
      const since = `SELECT max(published_at) - INTERVAL ${OVERLAP_SECONDS} SECOND FROM ${scan} WHERE table_name = '${followed.table}'`;
      return {
        to: BigInt(current.version),
        files: current.files,
        where: `${followed.madeAt} >= coalesce((${since}), TIMESTAMPTZ '1970-01-01 00:00:00+00')`,
      };
    }
  }

  private async send(
    producer: Producer,
    followed: Followed,
    files: readonly DataFile[],
    where: string,
  ): Promise<number> {
    if (files.length === 0) return 0;
    const { lake, topic } = this.options;
    const table = lake.table(followed.table);
    const connection = await lake.db.connect();
    let [count, bytes] = [0, 0];
    let waiting: Message[] = [];
    const flush = async () => {
      if (waiting.length > 0) await producer.send({ topic, messages: waiting, acks: -1 });
      count += waiting.length;
      [waiting, bytes] = [[], 0];
    };
    try {
      const result = await connection.stream(
        `SELECT ${followed.key}, ${followed.action}, ${followed.rule}, ${followed.id}, CAST(to_json(t) AS VARCHAR)
           FROM (SELECT * FROM ${await scanSql(lake.store, table.spec, files)} WHERE ${where}) t ORDER BY ${followed.order}`,
      );
      for await (const rows of result.yieldRows()) {
        for (const [key, action, rule, id, value] of rows) {
          const text = String(value);
          const size = Buffer.byteLength(text) + OVERHEAD_BYTES;
          if (bytes + size > SEND_BYTES_MAX) await flush();
          bytes += size;
          waiting.push({
            key: String(key),
            value: text,
            headers: { action: String(action), rule: String(rule), alert_id: String(id) },
          });
        }
      }
      await flush();
    } finally {
      connection.closeSync();
    }
    return count;
  }

  private async note(
    followed: Followed,
    range: { appId: string; base: bigint; to: bigint; messages: number },
  ): Promise<void> {
    const { lake } = this.options;
    const { appId, base, to, messages } = range;
    const connection = await lake.db.connect();
    try {
      const file =
        messages === 0
          ? null
          : await writeParquet({
              connection,
              spec: ALERT_PUBLICATIONS,
              store: lake.store,
              expectedRows: 1,
              selectSql: `SELECT '${followed.table}' AS table_name, ${base}::BIGINT AS version_from, ${to}::BIGINT AS version_to,
                ${messages}::BIGINT AS messages, make_timestamptz(${Date.now() * 1_000}) AS published_at`,
            });
      // Lost to another publisher, the range was sent twice: consumers recognise it by the alert's id.
      await lake.table(ALERT_PUBLICATIONS.name).commit({
        adds: file === null ? [] : [file],
        marks: [{ appId, base, version: to }],
        operation: "WRITE",
        info: { act: "publish" },
      });
    } finally {
      connection.closeSync();
    }
  }
}

/** With little patience, so that a wrong address, password or topic is told at once. */
async function expectTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 1 } });
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
