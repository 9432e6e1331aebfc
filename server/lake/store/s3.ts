import { createReadStream } from "node:fs";
import { mkdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { ConcordanceError } from "../../domain/errors";
import { FileCache } from "./file-cache";
import type { ObjectInfo, ObjectStore } from "./store";

const DELETE_BATCH = 1_000;
/** One request up to here, in parts above. */
const SINGLE_PUT_BYTES_MAX = 16 * 1024 * 1024;
const CACHE_BYTES_MAX = 10 * 1024 ** 3;
const CACHE_KEEP_MS = 600_000;
/** The SDK retries requests, not answers cut off while they are read. */
const READ_TRIES_MAX = 3;
const CONDITIONAL_TRIES_MAX = 10;
const RETRY_AFTER_MS = 100;
const CONNECT_WITHIN_MS = 5_000;
const SILENT_FOR_MS = 30_000;

export interface S3StoreOptions {
  /** Where copies of Parquet files are kept: they never change, so a copy is never stale. */
  readonly cacheDirectory: string;
  /** Bound of these copies, bytes; 10 GiB by default. */
  readonly cacheBytesMax?: number;
  /** A copy used within this time stays whatever the bound, milliseconds; 10 minutes by default. */
  readonly cacheKeepMs?: number;
  readonly endpoint?: string;
  readonly region?: string;
  readonly forcePathStyle?: boolean;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Key for SSE-KMS; without it the bucket's default encryption applies. */
  readonly kmsKeyId?: string;
}

/** A lake in an S3 bucket. Creation is a conditional PUT (If-None-Match: *). */
export async function openS3Store(address: string, options: S3StoreOptions): Promise<ObjectStore> {
  const match = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(address);
  if (match === null) {
    throw new ConcordanceError({
      kind: "config",
      code: "bad_lake_address",
      message: `"${address}" is not an S3 address.`,
      remedy: "Write s3://bucket/prefix, or a directory.",
    });
  }
  const config: S3ClientConfig = {
    maxAttempts: 5,
    region: options.region ?? "us-east-1",
    requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, socketTimeout: SILENT_FOR_MS },
  };
  if (options.endpoint !== undefined) config.endpoint = options.endpoint;
  if (options.forcePathStyle !== undefined) config.forcePathStyle = options.forcePathStyle;
  if (options.credentials !== undefined) config.credentials = options.credentials;
  const temporaryDirectory = join(options.cacheDirectory, ".tmp");
  await mkdir(temporaryDirectory, { recursive: true });
  const prefix = match[2] === "" ? "" : `${match[2]}/`;
  return new S3Store(address, new S3Client(config), match[1] ?? "", prefix, temporaryDirectory, options);
}

class S3Store implements ObjectStore {
  private readonly cache: FileCache;

  constructor(
    readonly address: string,
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly prefix: string,
    readonly temporaryDirectory: string,
    private readonly options: S3StoreOptions,
  ) {
    this.cache = new FileCache({
      directory: join(options.cacheDirectory, "s3", bucket, prefix),
      temporaryDirectory,
      bytesMax: options.cacheBytesMax ?? CACHE_BYTES_MAX,
      keepMs: options.cacheKeepMs ?? CACHE_KEEP_MS,
    });
  }

  async get(key: string): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.send(key, () => this.client.send(new GetObjectCommand(this.object(key))));
      try {
        return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        if (attempt === READ_TRIES_MAX) throw this.unavailable(key, error);
        await pause(attempt);
      }
    }
  }

  async head(key: string): Promise<ObjectInfo | null> {
    try {
      const answer = await this.send(key, () => this.client.send(new HeadObjectCommand(this.object(key))));
      return this.info(key, answer.ContentLength, answer.LastModified, answer.ETag);
    } catch (error) {
      if (error instanceof ConcordanceError && error.kind === "not_found") return null;
      throw error;
    }
  }

  async openRead(key: string): Promise<Readable> {
    const answer = await this.send(key, () => this.client.send(new GetObjectCommand(this.object(key))));
    if (answer.Body instanceof Readable) return answer.Body;
    throw new ConcordanceError({ kind: "internal", code: "no_stream", message: `${key}: S3 gave no stream.` });
  }

  async *list(prefix: string, startAfter?: string): AsyncIterable<ObjectInfo> {
    let token: string | undefined;
    do {
      const page = await this.send(prefix, () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: this.prefix + prefix,
            ...(startAfter === undefined ? {} : { StartAfter: this.prefix + startAfter }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      for (const entry of page.Contents ?? []) {
        const key = (entry.Key ?? "").slice(this.prefix.length);
        yield this.info(key, entry.Size, entry.LastModified, entry.ETag);
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.client.send(
          new PutObjectCommand({ ...this.object(key), ...this.encryption(), Body: bytes, IfNoneMatch: "*" }),
        );
        return "created";
      } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status === 412) return "exists";
        // 409: another conditional write of the key was under way; whether it won shows on reading.
        if (status !== 409 || attempt === CONDITIONAL_TRIES_MAX) throw this.unavailable(key, error);
        if ((await this.head(key)) !== null) return "exists";
        await pause(attempt);
      }
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.send(key, () =>
      this.client.send(new PutObjectCommand({ ...this.object(key), ...this.encryption(), Body: bytes })),
    );
  }

  async putFile(key: string, localPath: string): Promise<void> {
    const { size } = await stat(localPath);
    const request = { ...this.object(key), ...this.encryption() };
    await this.send(key, async () => {
      // Bytes, not a stream: only what is still there can be sent again.
      if (size <= SINGLE_PUT_BYTES_MAX)
        await this.client.send(new PutObjectCommand({ ...request, Body: await readFile(localPath) }));
      else await new Upload({ client: this.client, params: { ...request, Body: createReadStream(localPath) } }).done();
    });
    // The writer's own copy is the first cached one; a checkpoint is never read from the cache.
    if (key.endsWith(".checkpoint.parquet")) await unlink(localPath);
    else await this.cache.take(key, localPath);
  }

  async move(from: string, to: string): Promise<void> {
    await this.send(from, () =>
      this.client.send(
        new CopyObjectCommand({
          Bucket: this.bucket,
          Key: this.prefix + to,
          CopySource: `${this.bucket}/${this.prefix}${from}`.split("/").map(encodeURIComponent).join("/"),
          ...this.encryption(),
        }),
      ),
    );
    await this.delete([from]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DELETE_BATCH) {
      const batch = keys.slice(from, from + DELETE_BATCH);
      const Objects = batch.map((key) => ({ Key: this.prefix + key }));
      const answer = await this.send(batch[0] ?? "", () =>
        this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } })),
      );
      const [refused] = answer.Errors ?? [];
      if (refused !== undefined) throw this.notDeleted(refused, answer.Errors?.length ?? 0);
      for (const key of batch) await this.cache.drop(key);
    }
  }

  localPath(key: string): Promise<string> {
    return this.cache.get(key, async (temporary) => writeFile(temporary, await this.get(key)));
  }

  private object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  private encryption(): { ServerSideEncryption?: "aws:kms"; SSEKMSKeyId?: string } {
    const { kmsKeyId } = this.options;
    return kmsKeyId === undefined ? {} : { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKeyId };
  }

  private info(key: string, size?: number, modified?: Date, etag?: string): ObjectInfo {
    return { key, size: size ?? 0, modifiedAtMs: modified?.getTime() ?? 0, etag: etag ?? "" };
  }

  private async send<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.unavailable(key, error);
    }
  }

  /** DeleteObjects answers 200 and names what it did not delete. */
  private notDeleted(
    error: { Key?: string | undefined; Code?: string | undefined; Message?: string | undefined },
    count: number,
  ): ConcordanceError {
    const key = (error.Key ?? "").slice(this.prefix.length);
    const [code, remedy] = s3Remedy(error.Code ?? "", error.Code === "AccessDenied" ? 403 : undefined, this.bucket);
    return new ConcordanceError({
      kind: "unavailable",
      code,
      message: `S3 (${this.options.endpoint ?? "AWS"}, bucket ${this.bucket}) did not delete ${count} object(s), ${key} among them: ${error.Message ?? error.Code}.`,
      remedy,
      at: { key, name: error.Code ?? null },
    });
  }

  private unavailable(key: string, cause: unknown): ConcordanceError {
    if (cause instanceof ConcordanceError) return cause;
    const name = cause instanceof Error ? cause.name : "unknown";
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (name === "NoSuchKey" || name === "NotFound") {
      return new ConcordanceError({
        kind: "not_found",
        code: "no_such_object",
        message: `${key} does not exist.`,
        at: { key },
      });
    }
    const [code, remedy] = s3Remedy(name, status, this.bucket);
    return new ConcordanceError({
      kind: "unavailable",
      code,
      message: `S3 (${this.options.endpoint ?? "AWS"}, bucket ${this.bucket}) ${status === undefined ? "did not answer for" : "refused"} ${key}: ${(cause instanceof Error && cause.message) || name}`,
      remedy,
      at: { key, name, status: status ?? null },
      cause,
    });
  }
}

const pause = (attempt: number): Promise<void> =>
  new Promise((done) => setTimeout(done, RETRY_AFTER_MS * 2 ** attempt * (0.5 + Math.random() / 2)));

function s3Remedy(name: string, status: number | undefined, bucket: string): [code: string, remedy: string] {
  if (name === "NoSuchBucket")
    return ["s3_no_such_bucket", `Create the bucket ${bucket}, or name another in the lake's address.`];
  if (["InvalidAccessKeyId", "SignatureDoesNotMatch", "CredentialsProviderError", "ExpiredToken"].includes(name)) {
    return ["s3_wrong_credentials", "Check the AWS access key and secret of this process."];
  }
  if (status === 403) return ["s3_forbidden", `Give this identity read, write, list and delete on ${bucket}.`];
  return ["s3_unreachable", "Check the endpoint and the network; the operation is tried again."];
}
