/** Records of one stream in order, each with the key a Kafka message of it carries. */
export interface Records {
  readonly values: readonly (string | Uint8Array)[];
  readonly keys: readonly (string | null)[];
}

export interface ReferenceFiles {
  readonly merchants: string;
  readonly customers: string;
  readonly fee_plans: string;
  readonly stolen_cards: string;
}

/** Where a simulation writes. */
export interface SimulationSink {
  reference(files: ReferenceFiles): Promise<void>;
  /** Resolves when more may come; rejects when what was written before could not be kept. */
  write(transactions: Records, signals: Records): Promise<void>;
  /** Everything written is in place when it resolves. After a failure (`complete` false) nothing unfinished is passed off as finished. */
  close(complete: boolean): Promise<void>;
}

const NEWLINE = Buffer.from("\n");

/** One line per record. Texts in a row are joined before they become bytes, which is what makes it fast. */
export function encodeLines(values: readonly (string | Uint8Array)[]): Buffer[] {
  const chunks: Buffer[] = [];
  let texts: string[] = [];
  const flushTexts = () => {
    if (texts.length > 0) chunks.push(Buffer.from(`${texts.join("\n")}\n`, "utf8"));
    texts = [];
  };
  for (const value of values) {
    if (typeof value === "string") texts.push(value);
    else {
      flushTexts();
      chunks.push(Buffer.from(value), NEWLINE);
    }
  }
  flushTexts();
  return chunks;
}
