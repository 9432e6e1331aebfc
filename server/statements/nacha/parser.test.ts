import { describe, expect, it } from "vitest";
import { readFileOf, verdict } from "../testing/read";
import { NACHA } from "../testing/samples";

const lines = NACHA.trimEnd().split("\n");
const withLine = (index: number, change: (line: string) => string): string =>
  `${lines.map((line, at) => (at === index ? change(line) : line)).join("\n")}\n`;
const without = (index: number): string => `${lines.filter((_, at) => at !== index).join("\n")}\n`;
const put = (line: string, column: number, text: string): string =>
  line.slice(0, column - 1) + text + line.slice(column - 1 + text.length);

describe("NACHA returns and notifications of change", () => {
  it("reads returns with code, original trace and amounts, and changes that move no money", async () => {
    const file = await readFileOf(NACHA);
    expect(verdict(file)).toBe("ok");
    const [debit, credit, change] = file.entries;
    expect(debit).toMatchObject({
      status: "booked",
      reversal: true,
      direction: "debit",
      signedMinor: -12_354n,
      returnCode: "R01",
      bookingDate: "2026-11-20",
      valueDate: "2026-11-18",
      batchId: "0000001",
      counterparty: { name: "Paul Jones", account: "123456789", institution: "091400606" },
      references: { customerReference: "CUST-1" },
    });
    expect(debit?.ach[0]).toMatchObject({ kind: "return", originalTraceNumber: "091000010000017" });
    expect(credit).toMatchObject({ direction: "credit", signedMinor: 4_565n, returnCode: "R03" });
    expect(credit?.ach[0]?.information).toBe("Account not found");
    expect(change).toMatchObject({ status: "information", amountMinor: 0n, returnCode: "C01", reversal: false });
    expect(change?.ach[0]).toMatchObject({ kind: "notification_of_change", correctedData: "1918171614" });
  });

  it("reads records without line endings, with CRLF, without padding, with blanks cut off or added", async () => {
    const variants = [
      NACHA.replaceAll("\n", ""),
      NACHA.replaceAll("\n", "\r\n"),
      lines.slice(0, -8).join("\n"),
      lines.map((line) => (line.startsWith("9") ? line.trimEnd() : `${line}  `)).join("\n"),
    ];
    for (const text of variants) {
      const file = await readFileOf(text, { name: "returns.ach" });
      expect(verdict(file)).toBe("ok");
      expect(file.entries).toHaveLength(3);
    }
  });

  it("keeps every answer of a dishonored and contested return; the last one counts", async () => {
    const contested = [
      ...lines.slice(0, 4),
      "799R68091000010000017      09100001   09100001000000117901Untimely Return      091400600000001",
      ...lines.slice(4, 6),
      put(lines[6] ?? "", 5, "000005"),
      ...lines.slice(7, 11),
      put(lines[11] ?? "", 14, "00000007"),
    ];
    const file = await readFileOf(`${contested.join("\n")}\n`);
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]?.ach.map((answer) => answer.code)).toEqual(["R01", "R68"]);
    expect(file.entries[0]?.returnCode).toBe("R68");
  });

  it("takes the settlement day nearest to the file's, over the turn of a year", async () => {
    const file = await readFileOf(
      withLine(0, (line) => put(line, 24, "270104")).replaceAll("2611183241", "2612313651"),
      {},
    );
    expect(verdict(file)).toBe("ok");
    expect(file.entries[0]?.bookingDate).toBe("2026-12-31");
  });

  it.each([
    ["missing_file_header", without(0)],
    ["missing_file_header", `${lines.slice(2).join("\n")}\n`],
    ["missing_file_header", `${lines.slice(11).join("\n")}\n`],
    ["missing_file_header", "\n   \n"],
    ["bad_structure", `${lines[0]}\n${NACHA}`],
    ["bad_structure", without(2)],
    ["bad_structure", withLine(7, () => lines[2] ?? "")],
    ["bad_structure", withLine(7, () => lines[6] ?? "")],
    ["too_complex", withLine(3, (line) => `${line}\n`.repeat(10_001).trimEnd())],
    ["bad_structure", withLine(0, (line) => put(line, 35, "095"))],
    ["bad_date", withLine(0, (line) => put(line, 24, "261332"))],
    ["bad_structure", without(1)],
    ["not_a_return", without(3)],
    ["bad_field", withLine(3, (line) => put(line, 4, "X01"))],
    ["unknown_type_code", withLine(2, (line) => put(line, 2, "99"))],
    ["bad_field", withLine(2, (line) => put(line, 30, "00000123.4"))],
    ["debit_total_mismatch", withLine(2, (line) => put(line, 30, "0000012355"))],
    ["entry_hash_mismatch", withLine(2, (line) => put(line, 4, "09140061"))],
    ["missing_batch_control", without(6)],
    ["missing_batch_control", without(10)],
    ["record_count_mismatch", withLine(6, (line) => put(line, 5, "000005"))],
    ["entry_hash_mismatch", withLine(6, (line) => put(line, 11, "0018280121"))],
    ["credit_total_mismatch", withLine(6, (line) => put(line, 33, "000000004566"))],
    ["batch_mismatch", withLine(6, (line) => put(line, 88, "0000009"))],
    ["batch_mismatch", withLine(6, (line) => put(line, 45, "9999999999"))],
    ["record_count_mismatch", withLine(11, (line) => put(line, 2, "000003"))],
    ["record_count_mismatch", withLine(11, (line) => put(line, 14, "00000007"))],
    ["entry_hash_mismatch", withLine(11, (line) => put(line, 22, "0041418131"))],
    ["debit_total_mismatch", withLine(11, (line) => put(line, 32, "000000012355"))],
    ["missing_file_control", `${lines.slice(0, 11).join("\n")}\n`],
    ["missing_batch_control", `${lines.slice(0, 6).join("\n")}\n`],
    ["bad_structure", `${NACHA}${lines[1]}\n`],
    ["bad_line", withLine(2, (line) => put(line, 1, "4"))],
    ["truncated_file", withLine(2, (line) => line.slice(0, 80))],
  ])("refuses with %s", async (code, text) => {
    expect(verdict(await readFileOf(text, { format: "nacha" }))).toBe(code);
  });
});
