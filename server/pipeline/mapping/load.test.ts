import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { QUARANTINE_CODES } from "../quarantine-codes";
import { loadMapping, parseMapping } from "./load";

const FOLDER = "config/mappings";

const faultsOf = (text: string): string => {
  try {
    parseMapping(text, "m.yaml");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

const GOOD = await readFile(`${FOLDER}/online-retail.yaml`, "utf8");
const changed = (from: string, to: string): string => {
  if (!GOOD.includes(from)) throw new Error(`the mapping has no ${from}`);
  return GOOD.replace(from, to);
};

describe("mappings", () => {
  it.each(readdirSync(FOLDER))("the shipped %s is sound", async (file) => {
    await expect(loadMapping(`${FOLDER}/${file}`)).resolves.toBeDefined();
  });

  it.each(readdirSync(FOLDER).map((file) => file.replace(".yaml", "")))(
    "docs/mappings.md explains %s",
    async (name) => {
      expect(await readFile("docs/mappings.md", "utf8")).toContain(`### ${name}`);
    },
  );

  it("docs/mappings.md tells every quarantine code as the code itself does", async () => {
    const page = await readFile("docs/mappings.md", "utf8");
    for (const [code, meaning] of Object.entries(QUARANTINE_CODES))
      expect(page).toContain(`| \`${code}\` | ${meaning} |`);
  });

  it.each([
    [
      "an unknown column in a field",
      "user_id: { from: CustomerID",
      "user_id: { from: Customer",
      /user_id.*no column "Customer"/,
    ],
    ["an unknown column in a template", "{InvoiceNo}/", "{Invoice}/", /no column "Invoice"/],
    ["an unknown column in a product", "[Quantity, UnitPrice]", "[Quantity, Price]", /no column "Price"/],
    ["an unknown column in a case", "field: InvoiceNo", "field: Invoice", /no column "Invoice"/],
    ["an unknown zone", "business_zone: Europe/London", "business_zone: Europe/Londres", /business_zone.*not an IANA/],
    ["a local time without a zone", ", zone: Europe/London", "", /event_time.zone: a local time needs/],
    ["a zone that means nothing", "format: local", "format: iso", /event_time.zone: means nothing with format iso/],
    ["a status that is none", "value: REFUNDED", "value: REFUND", /"REFUND" is not one of/],
    ["a payment type that is none", "constant: CARD", "constant: CARDS", /"CARDS" is not one of/],
    ["a misspelt key", "key: position", "keys: position", /keys|key/],
    ["a column named twice", "StockCode, Description", "StockCode, StockCode", /StockCode stands there twice/],
    ["no beneficiary", "  merchant_id: { constant: online-retail }\n", "", /merchant_id or counterparty_id/],
    ["a negative status that is none", "negative: [REFUNDED]", "negative: [REFUND]", /negative/],
    [
      "a time pattern with an unknown letter",
      "format: local",
      "format: pattern, pattern: yyyy-MM-dd hh",
      /event_time.pattern/,
    ],
  ])("refuses %s and says where", (_, from, to, why) => {
    expect(faultsOf(changed(from, to))).toMatch(why);
  });

  it("refuses a `where` on a column that is not there, which would refuse every record", async () => {
    const pipe = await readFile(`${FOLDER}/pipe-events.yaml`, "utf8");
    expect(faultsOf(pipe.replace("where: { kind:", "where: { sort:"))).toMatch(
      /format.where.sort: there is no such column/,
    );
  });

  it("lists every fault at once", () => {
    const text = changed("business_zone: Europe/London", "business_zone: Nowhere").replace(
      "[Quantity, UnitPrice]",
      "[Q, P]",
    );
    expect(faultsOf(text)).toMatch(/3 fault\(s\)/);
  });

  it.each([
    ["not YAML", "a: [", /m\.yaml/],
    ["nothing", "", /m\.yaml/],
    ["a list", "- 1", /m\.yaml/],
  ])("says which file is %s", (_, text, why) => {
    expect(faultsOf(text)).toMatch(why);
  });

  it("says which file cannot be read", async () => {
    await expect(loadMapping("config/mappings/none.yaml")).rejects.toMatchObject({ code: "mapping_unreadable" });
  });
});
