import { refuse } from "../faults";
import { decodeWindows1252 } from "../lines";

const DECLARATION_BYTES = 200;

/**
 * Decodes XML by its byte order mark, else its declaration, else UTF-8. Bytes that are no text of that encoding are
 * refused, never replaced.
 */
export async function* decodeXml(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  for await (const chunk of chunks) {
    decoder ??= decoderFor(chunk);
    yield decode(decoder, chunk);
  }
  if (decoder !== null) yield decode(decoder, undefined);
}

function decode(decoder: TextDecoder, chunk: Buffer | undefined): string {
  // By the Encoding standard this is also what ISO-8859-1 and US-ASCII mean.
  if (decoder.encoding === "windows-1252") return chunk === undefined ? "" : decodeWindows1252(chunk);
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    return refuse("bad_characters", `The file is not ${decoder.encoding} as it says.`, {});
  }
}

function decoderFor(first: Buffer): TextDecoder {
  const label = encodingOf(first);
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return refuse("bad_characters", `"${label}" is no character set that is known.`, { line: 1 }, { found: label });
  }
}

function encodingOf(first: Buffer): string {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  if (first[0] === 0xfe && first[1] === 0xff) return "utf-16be";
  const declaration = first.subarray(0, DECLARATION_BYTES).toString("latin1");
  return /^[^<]{0,3}<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(declaration)?.[1] ?? "utf-8";
}
