import { Zstd } from "@hpcc-js/wasm-zstd";
import kafkajs from "kafkajs";
import { compressFrame, decompressFrame } from "lz4-napi";
import { compress, uncompress } from "snappy";

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** snappy-java's framing, as the Java clients write it: a header, then blocks of a length and raw snappy. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

interface Encoder {
  readonly buffer: Buffer;
}

let registered = false;

/** Teaches kafkajs the codecs it does not bring: snappy, lz4 and zstd (gzip it has). */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: Encoder) => compress(buffer),
    decompress: (buffer: Buffer) => decompressSnappy(buffer),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: Encoder) => compressFrame(buffer),
    decompress: async (buffer: Buffer) => decompressFrame(buffer),
  });
  // The library's own module is loaded once, with the first batch that needs it.
  let zstd: Promise<Zstd> | null = null;
  const load = () => {
    zstd ??= Zstd.load();
    return zstd;
  };
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoder) => Buffer.from((await load()).compress(buffer)),
    decompress: async (buffer: Buffer) => Buffer.from((await load()).decompress(buffer)),
  });
}

async function decompressSnappy(buffer: Buffer): Promise<Buffer> {
  if (!buffer.subarray(0, XERIAL_HEADER.length).equals(XERIAL_HEADER)) return plain(await uncompress(buffer));
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < buffer.length; ) {
    const length = buffer.readInt32BE(at);
    blocks.push(plain(await uncompress(buffer.subarray(at + 4, at + 4 + length))));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

const plain = (value: string | Buffer): Buffer => (typeof value === "string" ? Buffer.from(value) : value);
