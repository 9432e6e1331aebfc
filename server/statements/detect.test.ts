import { describe, expect, it } from "vitest";
import { detectFormat } from "./detect";
import { ADYEN, BAI2, CAMT, MT940, NACHA, STRIPE } from "./testing/samples";

describe("finding the format", () => {
  it.each([
    ["camt053", CAMT],
    ["camt053", `\ufeff  \n${CAMT}`],
    ["camt053", '<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'],
    ["mt940", MT940],
    ["mt940", MT940.slice(MT940.indexOf(":20:"))],
    ["mt940", `\u0001\n${MT940.slice(MT940.indexOf(":20:"))}`],
    ["mt940", `ABNANL2A\n940\n${MT940.slice(MT940.indexOf(":20:"))}`],
    ["bai2", BAI2],
    ["nacha", NACHA],
    ["nacha", NACHA.slice(95)],
    ["nacha", NACHA.replaceAll("\n", "")],
    ["stripe", STRIPE],
    ["stripe", STRIPE.replaceAll(",", ";")],
    ["adyen", ADYEN],
    [null, "date;amount\n2026-11-20;1\n"],
    [null, "PK\u0003\u0004"],
    [null, ""],
  ])("knows %s from its content alone", (format, text) => {
    expect(detectFormat(Buffer.from(text), "file")).toBe(format);
  });

  it("takes the name only where the content says nothing, and never against it", () => {
    expect(detectFormat(Buffer.from("junk"), "x.STA")).toBe("mt940");
    expect(detectFormat(Buffer.from(CAMT), "x.sta")).toBe("camt053");
  });
});
