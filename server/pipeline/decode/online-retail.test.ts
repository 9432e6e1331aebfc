import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createCardTokenizer } from "../../domain/card";
import { formatMinor } from "../../domain/money";
import { loadMapping } from "../mapping/load";
import { compileDecoder } from "./decoder";

const DATA = "../shared/data/events/online_retail.csv.gz";

describe("the Online Retail mapping", () => {
  it.skipIf(!existsSync(DATA))(
    "accounts for every line and every pound of the real file",
    async () => {
      const { decode } = compileDecoder({
        mapping: await loadMapping("config/mappings/online-retail.yaml"),
        tokenize: createCardTokenizer(Buffer.alloc(32, 1)),
        recordBytesMax: 1 << 20,
        nowMicros: () => 1_800_000_000_000_000n,
      });
      const lines = gunzipSync(await readFile(DATA))
        .toString("latin1")
        .split(/\r?\n/)
        .slice(1)
        .filter((line) => line !== "");
      const codes: Record<string, number> = {};
      let [accepted, refunds, zero, total, refunded] = [0, 0, 0, 0n, 0n];
      lines.forEach((line, index) => {
        const decoded = decode({ bytes: Buffer.from(line, "utf8"), position: BigInt(index) });
        if (decoded.ok && decoded.value.kind === "transaction") {
          const { amountMinor, status } = decoded.value;
          accepted++;
          total += amountMinor ?? 0n;
          if (amountMinor === 0n) zero++;
          if (status === "REFUNDED") refunds++;
        } else if (!decoded.ok) {
          codes[decoded.error.code] = (codes[decoded.error.code] ?? 0) + 1;
          total += decoded.error.amountMinor ?? 0n;
        }
        if (line.startsWith("C"))
          refunded +=
            decoded.ok && decoded.value.kind === "transaction"
              ? (decoded.value.amountMinor ?? 0n)
              : !decoded.ok
                ? (decoded.error.amountMinor ?? 0n)
                : 0n;
      });
      expect(lines.length).toBe(541_909);
      expect(codes).toEqual({ missing_user_id: 135_080 });
      expect(accepted).toBe(406_829);
      expect(zero).toBeGreaterThan(0);
      expect(refunds).toBeGreaterThan(8_000);
      expect(formatMinor(total, 3)).toBe("9747747.934");
      expect(formatMinor(refunded, 3)).toBe("-896812.490");
    },
    60_000,
  );
});
