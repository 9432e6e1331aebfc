import { createRequire } from "node:module";
import type { Kafka } from "kafkajs";
import type { KafkaConnection } from "./connection";

/** Which cluster answers, and which topic stands behind the name now. */
export interface TopicIdentity {
  readonly clusterId: string;
  /** Null where no topic has this name. */
  readonly topicId: string | null;
}

const METADATA_KEY = 3;
/** The first version that tells topic ids (KIP-516). */
const METADATA_VERSION = 10;
const UUID_BYTES = 16;
const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;

interface RawBroker {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
interface RawPool {
  send(exchange: {
    request: {
      apiKey: number;
      apiVersion: number;
      apiName: string;
      encode(): Promise<{ buffer: Buffer; size(): number }>;
    };
    response: { decode(raw: Buffer): Promise<TopicIdentity>; parse(data: TopicIdentity): Promise<TopicIdentity> };
  }): Promise<TopicIdentity>;
}
interface Internals {
  readonly ConnectionPool: new (options: object) => RawPool;
  readonly Broker: new (options: object) => RawBroker;
  readonly Encoder: new () => { writeBuffer(buffer: Buffer): { buffer: Buffer; size(): number } };
  readonly socketFactory: () => unknown;
}

function internals(): Internals {
  const load = createRequire(import.meta.url);
  return {
    ConnectionPool: load("kafkajs/src/network/connectionPool"),
    Broker: load("kafkajs/src/broker"),
    Encoder: load("kafkajs/src/protocol/encoder"),
    socketFactory: load("kafkajs/src/network/socketFactory"),
  };
}

/**
 * Asks a broker over kafkajs' own connection, with its TLS and SASL: kafkajs itself does not tell a topic's id, and only the
 * id shows that a topic was deleted and made again. Keeps one connection; rejects as kafkajs does where no broker answers.
 */
export class TopicIdentityReader {
  private open: { readonly broker: RawBroker; readonly pool: RawPool } | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly connection: KafkaConnection,
    private readonly topic: string,
  ) {}

  async read(): Promise<TopicIdentity> {
    if (this.open !== null) {
      try {
        return await this.ask(this.open.pool);
      } catch {
        // This broker may be gone: one that answers is looked for.
        await this.close();
      }
    }
    let failure: unknown = new Error("no brokers are named");
    for (const address of this.connection.brokers) {
      const opened = this.connectionTo(address);
      try {
        await opened.broker.connect();
        const identity = await this.ask(opened.pool);
        this.open = opened;
        return identity;
      } catch (error) {
        failure = error;
        await opened.broker.disconnect().catch(() => undefined);
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    const { open } = this;
    this.open = null;
    await open?.broker.disconnect().catch(() => undefined);
  }

  private connectionTo(address: string): { broker: RawBroker; pool: RawPool } {
    const { ConnectionPool, Broker, socketFactory } = internals();
    const { ssl, sasl, clientId } = this.connection;
    const colon = address.lastIndexOf(":");
    const logger = this.kafka.logger();
    const pool = new ConnectionPool({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      logger,
      socketFactory: socketFactory(),
      ssl: ssl === true ? {} : ssl === false ? null : ssl,
      sasl,
      clientId,
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
    });
    return { pool, broker: new Broker({ connectionPool: pool, logger, allowAutoTopicCreation: false }) };
  }

  private ask(pool: RawPool): Promise<TopicIdentity> {
    const { Encoder } = internals();
    return pool.send({
      request: {
        apiKey: METADATA_KEY,
        apiVersion: METADATA_VERSION,
        apiName: "Metadata",
        encode: async () => new Encoder().writeBuffer(encodeRequest(this.topic)),
      },
      response: { decode: async (raw) => decodeResponse(raw), parse: async (identity) => identity },
    });
  }
}

/** The empty tags of a flexible request header, which kafkajs does not write, come first. */
export function encodeRequest(topic: string): Buffer {
  const name = Buffer.from(topic, "utf8");
  return Buffer.concat([
    Buffer.from([0]),
    unsignedVarint(2),
    Buffer.alloc(UUID_BYTES),
    unsignedVarint(name.length + 1),
    name,
    // Tags of the topic; no creation; no authorised operations of cluster and topics; tags of the request.
    Buffer.from([0, 0, 0, 0, 0]),
  ]);
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  skip(count: number): void {
    this.at += count;
  }
  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  text(): string | null {
    const length = this.varint() - 1;
    if (length < 0) return null;
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
  uuid(): string {
    this.at += UUID_BYTES;
    return this.bytes.toString("base64url", this.at - UUID_BYTES, this.at);
  }
  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint();
      this.skip(this.varint());
    }
  }
}

/** Metadata response, version 10, as far as the first topic's id. */
export function decodeResponse(raw: Buffer): TopicIdentity {
  const reader = new Reader(raw);
  reader.tags();
  reader.skip(4);
  for (let brokers = reader.varint() - 1; brokers > 0; brokers--) {
    reader.skip(4);
    reader.text();
    reader.skip(4);
    reader.text();
    reader.tags();
  }
  const clusterId = reader.text() ?? "unknown";
  reader.skip(4);
  if (reader.varint() - 1 < 1) return { clusterId, topicId: null };
  const fault = reader.int16();
  reader.text();
  const topicId = reader.uuid();
  return { clusterId, topicId: fault === 0 ? topicId : null };
}
