import type { Logger } from "../../server/observability/log";

/** Takes note of what a process warns of; what it says every day stays out. */
export function createRecorder(note: (line: string) => void): Logger {
  const recorder: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_facts, message) => note(message),
    error: (facts, message) => note(`${message}: ${"err" in facts ? String(facts.err) : ""}`),
    child: () => recorder,
  };
  return recorder;
}
