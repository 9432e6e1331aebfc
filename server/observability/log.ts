import pino from "pino";

/** One wide event per request, micro-batch, tick or run. Card and account data never go in. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Logger;
}

/** JSON lines on standard error, so that standard output stays free for results. */
export function createLogger(processName: string, level: string): Logger {
  return pino({ level, base: { process: processName }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/** A logger that says nothing: for one-shot commands that report by their result. */
export const silentLogger: Logger = pino({ level: "silent" });
