import { describe, expect, it } from "vitest";
import { viewHref, viewQueryOf } from "./view-address";

const KEYS = ["severity", "rule", "sort"];

describe("the address of a saved view", () => {
  it("keeps filters and sort in one order, and neither the page nor an open drawer", () => {
    const address = new URLSearchParams("sort=riskiest&alert=A1&rule=velocity&page=3&severity=HIGH%2CLOW");
    expect(viewQueryOf(address, KEYS)).toBe("rule=velocity&severity=HIGH%2CLOW&sort=riskiest");
    expect(viewQueryOf(new URLSearchParams("severity=HIGH%2CLOW&rule=velocity&sort=riskiest"), KEYS)).toBe(
      viewQueryOf(address, KEYS),
    );
  });

  it("keeps a filter that was emptied apart from one left at its default", () => {
    expect(viewQueryOf(new URLSearchParams("rule="), KEYS)).toBe("rule=");
    expect(viewQueryOf(new URLSearchParams(""), KEYS)).toBe("");
  });

  it("opens with what was kept, whatever signs it holds", () => {
    const query = viewQueryOf(new URLSearchParams({ rule: "a&b=c", severity: "é, ü" }), KEYS);
    const href = viewHref("/fraud/queue", { id: "v1", query });
    const opened = new URL(href, "http://x").searchParams;
    expect([opened.get("rule"), opened.get("severity"), opened.get("saved")]).toEqual(["a&b=c", "é, ü", "v1"]);
    expect(viewQueryOf(opened, KEYS)).toBe(query);
    expect(viewHref("/fraud/queue", null)).toBe("/fraud/queue?saved=none");
  });
});
