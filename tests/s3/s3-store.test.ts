import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureS3Server, type S3Server, startS3Server } from "../../infra/stack/s3";
import { loadSettings } from "../../server/config/settings";
import { probeConditionalPut } from "../../server/lake/store/open";
import { openS3Store } from "../../server/lake/store/s3";
import type { ObjectStore } from "../../server/lake/store/store";
import { verifyLake } from "../../server/lake/verify";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory, writeWorld } from "../support/world";

const missing = ensureS3Server();
if (missing !== null) process.stderr.write(`SKIPPED tests/s3: ${missing}\n`);

const text = (value: string) => new TextEncoder().encode(value);

describe.skipIf(missing !== null)("a lake in a real S3 server", () => {
  let directory: string;
  let remove: () => Promise<void>;
  let server: S3Server;
  const optionsOf = (s3: S3Server, secretAccessKey = s3.secretAccessKey) => ({
    cacheDirectory: `${directory}/cache`,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey },
  });

  beforeAll(async () => {
    ({ path: directory, remove } = await temporaryDirectory());
    server = await startS3Server({ directory: `${directory}/s3` });
    const { cacheDirectory, ...client } = optionsOf(server);
    const s3 = new S3Client({ ...client, region: "us-east-1" });
    await s3.send(new CreateBucketCommand({ Bucket: "lake" }));
    s3.destroy();
  });
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  it("lets exactly one of twenty racers create an object, fifty times", async () => {
    const store = await openS3Store("s3://lake/race", optionsOf(server));
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, racer) => store.putIfAbsent(`k/${round}`, text(`racer ${racer}`))),
      );
      expect(answers.filter((answer) => answer === "created")).toHaveLength(1);
      const winner = answers.indexOf("created");
      expect(new TextDecoder().decode(await store.get(`k/${round}`))).toBe(`racer ${winner}`);
    }
  });

  it("lists in order, from a key on, more than one page, and deletes", async () => {
    const store = await openS3Store("s3://lake/list", optionsOf(server));
    const keys = Array.from({ length: 1_050 }, (_, index) => `p/${String(index).padStart(6, "0")}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, text("x"))));
    }
    const listed = async (after?: string) => {
      const found: string[] = [];
      for await (const { key } of store.list("p/", after)) found.push(key);
      return found;
    };
    expect(await listed()).toEqual(keys);
    expect(await listed("p/001040")).toEqual(keys.slice(1_041));
    await store.delete(keys);
    expect(await listed()).toEqual([]);
    await expect(store.get("p/000001")).rejects.toMatchObject({ code: "no_such_object" });
  });

  it("says what to do on wrong credentials, a missing bucket, and a server that is gone", async () => {
    const wrong = await openS3Store("s3://lake/x", optionsOf(server, "not the secret"));
    await expect(wrong.put("k", text("x"))).rejects.toMatchObject({
      kind: "unavailable",
      code: "s3_wrong_credentials",
    });
    const bucket = await openS3Store("s3://no-such-bucket/x", optionsOf(server));
    await expect(bucket.put("k", text("x"))).rejects.toMatchObject({ code: "s3_no_such_bucket" });
    const gone = await openS3Store("s3://lake/x", { ...optionsOf(server), endpoint: "http://127.0.0.1:9" });
    await expect(gone.put("k", text("x"))).rejects.toMatchObject({ code: "s3_unreachable" });
  });

  it("refuses a store that ignores the condition", async () => {
    const store = await openS3Store("s3://lake/ignoring", optionsOf(server));
    const ignoring: ObjectStore = Object.create(store, {
      putIfAbsent: {
        value: async (key: string, bytes: Uint8Array) => {
          await store.put(key, bytes);
          return "created";
        },
      },
    });
    await expect(probeConditionalPut(ignoring)).rejects.toMatchObject({ code: "store_ignores_conditional_put" });
    await probeConditionalPut(store);
  });

  it("holds the same balance as a directory, also after the server was killed and started again", async () => {
    const world = await writeWorld(directory, "w", 300);
    const settings = { ...smallSettings(directory), s3: optionsOf(server), lake: "s3://lake/full" };
    const request = {
      source: "test",
      mappingPath: "config/mappings/concordance-transactions.yaml",
      inputs: [world.path],
      lake: settings.lake,
    };
    expect(await ingest(request, settings, silentLogger)).toMatchObject({
      in: world.records,
      accepted: world.accepted,
      duplicates: world.duplicates,
      quarantinedByCode: world.quarantined,
    });
    const port = Number(new URL(server.endpoint).port);
    await server.kill();
    server = await startS3Server({ directory: `${directory}/s3`, port });
    expect((await ingest(request, settings, silentLogger)).recognised).toEqual([world.path]);
    const { lake, close } = await openProcessLake(settings, settings.lake);
    try {
      expect((await verifyLake(lake)).differences).toEqual([]);
    } finally {
      close();
    }
    expect(loadSettings({ NODE_ENV: "test", CONCORDANCE_S3_PATH_STYLE: "true" }).s3.forcePathStyle).toBe(true);
  }, 60_000);
});
