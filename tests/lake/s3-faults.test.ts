import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureS3Server, type S3Server, startS3Server } from "../../infra/stack/s3";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { MAINTENANCE_DEFAULTS, maintain } from "../../server/lake/maintenance";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import { openS3Store } from "../../server/lake/store/s3";
import type { ObjectStore } from "../../server/lake/store/store";
import { Table } from "../../server/lake/table";
import { required, type TableSpec } from "../../server/lake/types";
import { temporaryDirectory } from "../support/world";

const missing = ensureS3Server();
if (missing !== null) process.stderr.write(`SKIPPED tests/lake: ${missing}\n`);

const SPEC: TableSpec = {
  name: "events",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};

/** Passes bytes on to the server; when armed, cuts the connection after the server has answered and before the answer is seen. */
class AnswerLoser {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  lose: (request: string) => boolean = () => false;
  lost = 0;

  async start(port: number): Promise<string> {
    const server = createServer((client) => {
      const upstream = connect(port, "127.0.0.1");
      let request = "";
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
      client.on("data", (chunk) => {
        request = chunk.toString("latin1").includes(" HTTP/1.1\r\n") ? chunk.toString("latin1") : request;
        upstream.write(chunk);
      });
      upstream.on("data", (chunk) => {
        if (!this.lose(request)) return client.write(chunk);
        this.lost++;
        client.destroy();
        return upstream.destroy();
      });
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
    });
    this.server = server;
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
  }
}

describe.skipIf(missing !== null)("a lake in a real S3 server, when things go wrong", () => {
  let directory: string;
  let remove: () => Promise<void>;
  let server: S3Server;
  let db: Db;
  const proxy = new AnswerLoser();
  let proxied: string;
  const optionsOf = (cache: string, endpoint = server.endpoint) => ({
    cacheDirectory: join(directory, cache),
    endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
  });

  beforeAll(async () => {
    ({ path: directory, remove } = await temporaryDirectory());
    server = await startS3Server({ directory: join(directory, "s3") });
    proxied = await proxy.start(Number(new URL(server.endpoint).port));
    const { cacheDirectory, ...client } = optionsOf("unused");
    const s3 = new S3Client({ ...client, region: "us-east-1" });
    await s3.send(new CreateBucketCommand({ Bucket: "lake" }));
    s3.destroy();
    db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(directory, "spill") });
  });
  afterAll(async () => {
    proxy.stop();
    db?.close();
    await server?.stop();
    await remove?.();
  });

  async function fileOf(store: ObjectStore, from: number, rows: number) {
    const connection = await db.connect();
    const selectSql = `SELECT i AS id FROM range(${from}, ${from + rows}) r(i)`;
    const file = await writeParquet({ connection, selectSql, spec: SPEC, store, expectedRows: rows });
    connection.closeSync();
    if (file === null) throw new Error("no rows");
    return file;
  }

  async function idsOf(table: Table): Promise<number[]> {
    const connection = await db.connect();
    const { files } = await table.refresh();
    const reader = await connection.runAndReadAll(`SELECT id FROM ${await scanSql(table.store, SPEC, files)}`);
    connection.closeSync();
    return reader
      .getRowsJS()
      .map(([id]) => Number(id))
      .sort((a, b) => a - b);
  }

  it("keeps every batch of twenty racing writers once, and the same rows after compaction", async () => {
    const store = await openS3Store("s3://lake/racers", optionsOf("c1"));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const table = await Table.open(store, db, SPEC);
        const adds = [await fileOf(store, (index >> 1) * 10, 10)];
        // Every batch has two writers: one of them must be told that it is there already.
        return table.commit({ adds, marks: [{ appId: `p/${index >> 1}`, version: 9n }], operation: "WRITE" });
      }),
    );
    expect(outcomes.filter(({ kind }) => kind === "committed")).toHaveLength(10);
    expect(outcomes.filter(({ kind }) => kind === "mark_moved")).toHaveLength(10);
    const lake = await openLake(store, db, [SPEC]);
    const all = Array.from({ length: 100 }, (_, id) => id);
    expect(await idsOf(lake.table("events"))).toEqual(all);
    await maintain(lake, { ...MAINTENANCE_DEFAULTS, smallFilesMin: 2 });
    await lake.table("events").writeCheckpoint();
    const elsewhere = await Table.open(await openS3Store("s3://lake/racers", optionsOf("c2")), db, SPEC);
    expect(elsewhere.current().files).toHaveLength(1);
    expect(await idsOf(elsewhere)).toEqual(all);
  });

  it("commits once where the answer to the commit was lost after the write", async () => {
    const store = await openS3Store("s3://lake/lost", optionsOf("c3", proxied));
    const table = await Table.open(store, db, SPEC);
    for (let index = 0; index < 5; index++) {
      const adds = [await fileOf(store, index * 2, 2)];
      const before = proxy.lost;
      proxy.lose = (request) => proxy.lost === before && /^PUT .*_delta_log\/\d+\.json/.test(request);
      const outcome = await table.commit({
        adds,
        marks: [{ appId: "a", version: BigInt(index) }],
        operation: "WRITE",
      });
      proxy.lose = () => false;
      expect(proxy.lost).toBe(before + 1);
      expect(outcome).toMatchObject({ kind: "committed", version: index + 1 });
    }
    expect(await idsOf(table)).toEqual(Array.from({ length: 10 }, (_, id) => id));
  });

  it("writes a data file and reads one although a connection is cut on the way", async () => {
    const store = await openS3Store("s3://lake/cut", optionsOf("c4", proxied));
    const before = proxy.lost;
    proxy.lose = (request) => proxy.lost === before && /^PUT .*\/data\//.test(request);
    const file = await fileOf(store, 0, 50_000);
    expect(proxy.lost).toBe(before + 1);
    proxy.lose = (request) => proxy.lost === before + 1 && /^GET .*\/data\//.test(request);
    const other = await openS3Store("s3://lake/cut", optionsOf("c5", proxied));
    const path = await other.localPath(`tables/events/${file.path}`);
    expect(proxy.lost).toBe(before + 2);
    proxy.lose = () => false;
    expect((await readFile(path)).byteLength).toBe(file.size);
  });

  it.each(["plain.csv", "a b+c.csv", "100%25?.csv", "#1&x=y.csv", "zwölf/日本.csv"])("moves %s", async (name) => {
    const store = await openS3Store("s3://lake/moves", optionsOf("c6"));
    await store.put(`landing/s/${name}`, new TextEncoder().encode(name));
    await store.move(`landing/s/${name}`, `landing/s/_taken/${name}`);
    expect(await store.head(`landing/s/${name}`)).toBeNull();
    expect(new TextDecoder().decode(await store.get(`landing/s/_taken/${name}`))).toBe(name);
  });

  it("does not take another lake's checkpoint of the same key from the cache", async () => {
    const [one, other] = [join(directory, "one"), join(directory, "other")];
    const servers = [await startS3Server({ directory: one }), await startS3Server({ directory: other })];
    try {
      const seen: number[][] = [];
      for (const [index, each] of servers.entries()) {
        const client = new S3Client({ ...optionsOf("x", each.endpoint), region: "us-east-1" });
        await client.send(new CreateBucketCommand({ Bucket: "lake" }));
        client.destroy();
        const store = await openS3Store("s3://lake/same", optionsOf("shared", each.endpoint));
        const table = await Table.open(store, db, SPEC);
        await table.commit({ adds: [await fileOf(store, index * 100, 3)], marks: [], operation: "WRITE" });
        await table.writeCheckpoint();
      }
      for (const each of servers) {
        const store = await openS3Store("s3://lake/same", optionsOf("shared", each.endpoint));
        seen.push(await idsOf(await Table.open(store, db, SPEC)));
      }
      expect(seen).toEqual([
        [0, 1, 2],
        [100, 101, 102],
      ]);
    } finally {
      for (const each of servers) await each.stop();
    }
  });

  it("keeps its cache below the bound by giving up what was not used for longest, and fetches it again", async () => {
    const options = { ...optionsOf("bounded"), cacheBytesMax: 40_000, cacheKeepMs: 0 };
    const store = await openS3Store("s3://lake/bounded", options);
    const keys = Array.from({ length: 30 }, (_, index) => `data/${index}`);
    for (const key of keys) {
      const path = join(store.temporaryDirectory, "x");
      await writeFile(path, new Uint8Array(4_000));
      await store.putFile(key, path);
      await new Promise((done) => setTimeout(done, 5));
    }
    const kept = async () =>
      (await readdir(options.cacheDirectory, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())
        .length;
    await expect.poll(kept).toBeLessThanOrEqual(10);
    const [first = ""] = keys;
    expect((await readFile(await store.localPath(first))).byteLength).toBe(4_000);
    const both = await Promise.all([store.localPath(first), store.localPath(first)]);
    expect(both[0]).toBe(both[1]);
  });
});
