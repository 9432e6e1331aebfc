import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureS3Server, startS3Server } from "../../infra/stack/s3";
import type { Health, Streams } from "../../server/indexes/ops/contract";
import { type Call, type Product, signIn, startProduct, until } from "../support/product";

/** Enough for Postgres-free lake writes of some seconds; small enough to be filled at once. */
const DISK_BYTES = 96 * 1024 * 1024;
const TPS = 50;

let data: string;
let product: Product;
let call: Call;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "concordance-faults-"));
});
afterEach(async () => {
  await product?.stop();
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
});

const health = () => call<Health>("ops.health", {});
const streams = async () => (await call<Streams>("ops.streams", {})).streams;
const accepted = async () => (await streams()).reduce((sum, { balance }) => sum + balance.accepted, 0);

async function goesOn(): Promise<void> {
  const before = await accepted();
  await until(async () => (await accepted()) > before + TPS);
}

/** All of them well again, and none was started anew for it. */
async function expectRecovered(): Promise<void> {
  const names = ["indexer", "projector", "maintenance", "simulator"];
  const seen = async () => (await health()).processes.filter(({ process }) => names.includes(process));
  await until(async () => (await seen()).every(({ state }) => state === "running"));
  expect((await seen()).map(({ process, restarts }) => [process, restarts])).toEqual(
    expect.arrayContaining(names.map((name) => [name, 0])),
  );
}

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  product = await startProduct({ data, tps: TPS, environment });
  await product.ready();
  call = await signIn(product.baseUrl, data, "admin");
  await goesOn();
}

/** Rows and their source coordinates, counted after the product has stopped: equal where nothing is twice. */
async function expectOnceEach(environment: Readonly<Record<string, string>>): Promise<void> {
  expect((await streams()).filter(({ balance }) => !balance.balanced)).toEqual([]);
  const seen = await accepted();
  await product.stop();
  const child = spawn(
    process.execPath,
    [
      "scripts/concordance.mjs",
      "sql",
      "--format",
      "json",
      `SELECT count(*) AS n, count(DISTINCT (source, source_partition, source_offset)) AS c FROM
         (SELECT source, source_partition, source_offset FROM transactions UNION ALL SELECT source, source_partition, source_offset FROM fraud_signals)`,
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment, CONCORDANCE_DATA: data } },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  await once(child, "close");
  const { n, c } = JSON.parse(text)[0];
  expect(Number(n)).toBeGreaterThanOrEqual(seen);
  expect(Number(c)).toBe(Number(n));
}

/** A small disk of its own, where this machine lets one be mounted; else why not. */
function smallDisk(path: string): string | null {
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", path], { encoding: "utf8" });
  return mounted.status === 0 ? null : `no disk can be mounted: ${mounted.stderr || mounted.error?.message}`;
}

describe("a store that fails under the running product", () => {
  it("a full disk is named on the health page, and writing goes on by itself once there is room", async (test) => {
    const disk = join(data, "disk");
    await mkdir(disk);
    const missing = smallDisk(disk);
    if (missing !== null) {
      process.stderr.write(`SKIPPED a full disk: ${missing}\n`);
      return test.skip(missing);
    }
    try {
      const environment = { CONCORDANCE_LAKE: join(disk, "lake") };
      await start(environment);
      const { bavail, bsize } = await statfs(disk);
      const ballast = join(disk, "ballast");
      await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOSPC") throw error;
      });
      await until(async () => {
        const ailing = (await health()).processes.filter(({ code }) => code !== null);
        return ailing.some(
          ({ message, remedy }) => /ENOSPC|no space/i.test(`${message}`) && /Free space/.test(`${remedy}`),
        );
      });
      await rm(ballast);
      await goesOn();
      await expectRecovered();
      await expectOnceEach(environment);
    } finally {
      await product?.stop();
      execFileSync("umount", ["-l", disk]);
    }
  }, 180_000);

  it("an S3 server that is killed is named on the health page, and reading goes on by itself when it is back", async (test) => {
    const missing = ensureS3Server();
    if (missing !== null) {
      process.stderr.write(`SKIPPED an S3 server that is killed: ${missing}\n`);
      return test.skip(missing);
    }
    const directory = join(data, "s3");
    let server = await startS3Server({ directory });
    const port = Number(new URL(server.endpoint).port);
    const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
    const client = new S3Client({ endpoint: server.endpoint, region: "us-east-1", forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: "lake" }));
    client.destroy();
    const environment = {
      CONCORDANCE_LAKE: "s3://lake/concordance",
      CONCORDANCE_S3_ENDPOINT: server.endpoint,
      CONCORDANCE_S3_PATH_STYLE: "true",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    try {
      await start(environment);
      await server.kill();
      const answer = () => fetch(`${product.baseUrl}/api/health`);
      await until(async () => (await answer()).status === 503);
      expect(await (await answer()).text()).toContain("s3_unreachable");
      await until(async () => {
        const { parts, processes } = await health();
        const waiting = processes.filter(({ state, code }) => state === "waiting" && code !== null);
        expect(parts.find(({ part }) => part === "lake")).toMatchObject({
          ok: false,
          remedy: expect.stringMatching(/endpoint/),
        });
        return ["indexer", "projector"].every((name) => waiting.some(({ process }) => process === name));
      });
      server = await startS3Server({ directory, port });
      await until(async () => (await fetch(`${product.baseUrl}/api/health`)).status === 200);
      await goesOn();
      await expectRecovered();
      await expectOnceEach(environment);
    } finally {
      await product?.stop();
      await server.stop();
    }
  }, 180_000);

  it("a killed Postgres is started again, and no record waits for it", async () => {
    await start({});
    const { data: directory } = JSON.parse(await readFile(join(data, "postgres", "postgres.json"), "utf8"));
    const [pid] = (await readFile(join(directory, "postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGKILL");
    // Until it is back the answer is 503 with what to do: the page keeps what it shows, and asks again.
    const faults: string[] = [];
    const tellFault = (error: Error) => {
      faults.push(error.message);
      return null;
    };
    await until(async () => {
      const now = await accepted().catch(tellFault);
      return faults.length > 0 && now !== null;
    });
    expect(faults.filter((fault) => !/ 503 .*postgres_/.test(fault))).toEqual([]);
    await goesOn();
    await expectRecovered();
    await expectOnceEach({});
  }, 120_000);
});
