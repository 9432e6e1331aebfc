import { describe, expect, it } from "vitest";
import { faultOf } from "./fault";

const failure = (message: string, data: unknown) => Object.assign(new Error(message), { data });

describe("a failed call", () => {
  it("tells the server's message, stable code and remedy", () => {
    const data = { code: "NOT_FOUND", error: { code: "no_such_merchant", remedy: "Look it up." } };
    expect(faultOf(failure("There is no merchant M1.", data))).toEqual({
      message: "There is no merchant M1.",
      remedy: "Look it up.",
      code: "no_such_merchant",
      transport: "NOT_FOUND",
      passing: false,
    });
  });

  it.each([
    ["no own error", { code: "SERVICE_UNAVAILABLE", error: null }],
    ["an own error that is not one", { code: "SERVICE_UNAVAILABLE", error: "broken" }],
    ["nothing of an own error", { code: "SERVICE_UNAVAILABLE" }],
  ])("falls back on the transport's code with %s", (_, data) => {
    expect(faultOf(failure("Away.", data))).toMatchObject({ code: "service_unavailable", remedy: null, passing: true });
  });

  it.each([
    ["an aborted connection", new TypeError("Failed to fetch")],
    ["an answer that is not the server's", failure("Unexpected token <", { httpStatus: 502 })],
    ["something thrown that is no error", "boom"],
  ])("says that the server did not answer after %s", (_, error) => {
    expect(faultOf(error)).toMatchObject({ code: "no_answer", transport: null, passing: true });
  });
});
