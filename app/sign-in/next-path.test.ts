import { describe, expect, it } from "vitest";
import { nextPath } from "./next-path";

describe("nextPath", () => {
  it.each([
    ["/fraud/queue?severity=HIGH", "/fraud/queue?severity=HIGH"],
    ["/trace/landing/a%2Fb.ndjson/12", "/trace/landing/a%2Fb.ndjson/12"],
    ["//evil.example/x", "/"],
    ["/\\evil.example", "/"],
    ["/\t/evil.example", "/"],
    ["https://evil.example", "/"],
    ["javascript:alert(1)", "/"],
    ["/sign-in?next=/a", "/"],
    ["", "/"],
    [undefined, "/"],
    [["/a", "/b"], "/"],
  ])("sends %j to %j: never to another site, never back to sign-in", (wanted, expected) => {
    expect(nextPath(wanted)).toBe(expected);
  });
});
