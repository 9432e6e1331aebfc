import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { freePort } from "./s3";

const POM = resolve("infra/stack/kafka/pom.xml");
const JARS = resolve(".stack/kafka/jars");
const MARK = resolve(".stack/kafka/complete");
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;
/** What a SASL listener of these brokers accepts. */
export const SASL_USER = { username: "concordance", password: "concordance-secret" } as const;

export interface KafkaOptions {
  /** Where logs and data of the brokers go. */
  readonly directory: string;
  readonly brokers?: 1 | 3;
  /** Asks for SASL/PLAIN with `SASL_USER`. */
  readonly sasl?: boolean;
  readonly ports?: readonly number[];
  /** The port clients of a single broker are sent to instead of its own: a proxy in front of it. */
  readonly advertisedPort?: number;
}

export interface KafkaStack {
  /** host:port of each broker. */
  readonly brokers: readonly string[];
  /** SIGKILL, as a crash would; resolves when the process is gone. */
  kill(broker: number): Promise<void>;
  /** Starts a killed broker again on its data. */
  restart(broker: number): Promise<void>;
  /** SIGSTOP: its connections stay open and nothing answers. */
  pause(broker: number): void;
  resume(broker: number): void;
  stop(): Promise<void>;
}

/** Fetches the jars where they are not there (45 files, once); null when ready, else why Kafka cannot be had. */
export function ensureKafka(): string | null {
  if (spawnSync("java", ["-version"]).status !== 0) return "there is no Java to run Kafka with";
  if (existsSync(MARK)) return null;
  if (spawnSync("mvn", ["-v"]).status !== 0) return "there is no Maven to fetch Kafka with";
  const copied = spawnSync(
    "mvn",
    ["-q", "-B", "-f", POM, "dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${JARS}`],
    { encoding: "utf8" },
  );
  if (copied.status !== 0) return `Kafka could not be fetched: ${(copied.stdout + copied.stderr).slice(-300)}`;
  spawnSync(process.execPath, ["-e", `require("fs").writeFileSync(${JSON.stringify(MARK)}, "")`]);
  return null;
}

/** Starts real brokers (KRaft) on free ports of the loopback interface; nothing of them outlives this process. */
export async function startKafka(options: KafkaOptions): Promise<KafkaStack> {
  const count = options.brokers ?? 1;
  const ports = options.ports ?? (await Promise.all(Array.from({ length: count * 2 }, () => freePort())));
  const nodes = Array.from({ length: count }, (_, place) => ({
    id: place + 1,
    port: ports[place * 2] ?? 0,
    controllerPort: ports[place * 2 + 1] ?? 0,
    advertisedPort: options.advertisedPort ?? ports[place * 2] ?? 0,
    directory: join(options.directory, `broker-${place + 1}`),
  }));
  const brokers = nodes.map((node) => new Broker(node, nodes, options.sasl ?? false));
  const orphans = () => {
    for (const broker of brokers) broker.killNow();
  };
  process.once("exit", orphans);
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()));
    process.removeListener("exit", orphans);
  };
  try {
    for (const broker of brokers) await broker.format();
    await Promise.all(brokers.map((broker) => broker.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const at = (place: number): Broker => {
    const broker = brokers[place];
    if (broker === undefined) throw new Error(`there is no broker ${place}`);
    return broker;
  };
  return {
    brokers: nodes.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`),
    kill: (place) => at(place).kill(),
    restart: (place) => at(place).start(),
    pause: (place) => at(place).signal("SIGSTOP"),
    resume: (place) => at(place).signal("SIGCONT"),
    stop,
  };
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly advertisedPort: number;
  readonly directory: string;
}

/** One id for the cluster of one directory: formatting again must not make another cluster. */
const clusterIdOf = async (directory: string): Promise<string> => {
  const path = join(directory, "..", "cluster-id");
  const known = await readFile(path, "utf8").catch(() => null);
  if (known !== null) return known;
  const made = java(["kafka.tools.StorageTool", "random-uuid"]).trim().split("\n").at(-1) ?? "";
  await writeFile(path, made);
  return made;
};

function java(arguments_: readonly string[]): string {
  const done = spawnSync("java", ["-Xmx128m", "-cp", `${JARS}/*`, ...arguments_], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`java ${arguments_[0]}: ${(done.stdout + done.stderr).slice(-500)}`);
  return done.stdout;
}

class Broker {
  private child: ChildProcess | null = null;

  constructor(
    private readonly node: Node,
    private readonly all: readonly Node[],
    private readonly sasl: boolean,
  ) {}

  private get properties(): string {
    return join(this.node.directory, "server.properties");
  }

  async format(): Promise<void> {
    await mkdir(this.node.directory, { recursive: true });
    await writeFile(this.properties, this.settings());
    if (existsSync(join(this.node.directory, "data", "meta.properties"))) return;
    const id = await clusterIdOf(this.node.directory);
    java(["kafka.tools.StorageTool", "format", "-t", id, "-c", this.properties]);
  }

  private settings(): string {
    const { id, port, controllerPort, advertisedPort, directory } = this.node;
    const protocol = this.sasl ? "SASL_PLAINTEXT" : "PLAINTEXT";
    const replicas = this.all.length;
    const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required username="${SASL_USER.username}" password="${SASL_USER.password}" user_${SASL_USER.username}="${SASL_USER.password}";`;
    const lines: Record<string, string | number> = {
      "process.roles": "broker,controller",
      "node.id": id,
      listeners: `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      "advertised.listeners": `BROKER://127.0.0.1:${advertisedPort}`,
      "listener.security.protocol.map": `BROKER:${protocol},CONTROLLER:PLAINTEXT`,
      "inter.broker.listener.name": "BROKER",
      "controller.listener.names": "CONTROLLER",
      "controller.quorum.voters": this.all.map((n) => `${n.id}@127.0.0.1:${n.controllerPort}`).join(","),
      "log.dirs": join(directory, "data"),
      "auto.create.topics.enable": "false",
      "delete.topic.enable": "true",
      "default.replication.factor": replicas,
      "offsets.topic.replication.factor": replicas,
      "offsets.topic.num.partitions": 4,
      "transaction.state.log.replication.factor": replicas,
      "transaction.state.log.num.partitions": 4,
      "transaction.state.log.min.isr": Math.max(1, replicas - 1),
      "min.insync.replicas": Math.max(1, replicas - 1),
      "group.initial.rebalance.delay.ms": 0,
      "group.min.session.timeout.ms": 1_000,
      "broker.session.timeout.ms": 1_500,
      "broker.heartbeat.interval.ms": 300,
      "log.cleaner.dedupe.buffer.size": 4_194_304,
      "log.retention.check.interval.ms": 1_000,
      ...(this.sasl
        ? {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.broker.plain.sasl.jaas.config": jaas,
          }
        : {}),
    };
    return Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("");
  }

  async start(): Promise<void> {
    const log = await open(join(this.node.directory, "broker.log"), "a");
    const child = spawn(
      "java",
      [
        "-Xmx256m",
        "-Xms64m",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        `${JARS}/*`,
        "kafka.Kafka",
        this.properties,
      ],
      { stdio: ["ignore", log.fd, log.fd] },
    );
    this.child = child;
    await log.close();
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await answers(this.node.port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const said = await readFile(join(this.node.directory, "broker.log"), "utf8");
        throw new Error(`broker ${this.node.id} did not start:\n${said.slice(-1_500)}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  killNow(): void {
    this.child?.kill("SIGKILL");
  }

  async kill(): Promise<void> {
    await end(this.child, "SIGKILL");
  }

  async stop(): Promise<void> {
    this.signal("SIGCONT");
    await end(this.child, "SIGTERM");
    await rm(join(this.node.directory, "broker.log"), { force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}
