import crypto from "node:crypto";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";
import type { Scheduler } from "./scheduler";

/**
 * Puts the clock, chance, timers and small file operations of this process under the scheduler, and returns how to give them
 * back. The product's code is not touched: it finds other built-ins.
 */
export function takeOver(scheduler: Scheduler): () => void {
  const { random } = scheduler;
  const owner = () => {
    const { current } = scheduler;
    if (current === null) throw new Error("a timer outside every simulated process");
    return current;
  };
  const setTimeout = (callback: () => void, ms = 0) => scheduler.timer(owner(), ms, callback);
  const setInterval = (callback: () => void, ms = 0) => {
    const actor = owner();
    const handle = { stopped: false };
    const again = () => {
      scheduler.timer(actor, ms, () => {
        if (handle.stopped) return;
        callback();
        again();
      });
    };
    again();
    return handle;
  };
  const clearInterval = (handle: { stopped: boolean } | null) => {
    if (handle !== null) handle.stopped = true;
  };
  const pause = (ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const give = () => {
        signal?.removeEventListener("abort", leave);
        resolve(value);
      };
      const id = scheduler.timer(owner(), ms, give);
      const leave = () => {
        scheduler.cancel(id);
        reject(new Error("aborted"));
      };
      if (signal?.aborted === true) leave();
      else signal?.addEventListener("abort", leave, { once: true });
    });
  return replaceAll([
    [globalThis, "Date", simulatedDate(() => scheduler.nowMs)],
    [Math, "random", () => random.fraction()],
    [globalThis, "setTimeout", setTimeout],
    [globalThis, "clearTimeout", (id: number) => scheduler.cancel(id)],
    [globalThis, "setInterval", setInterval],
    [globalThis, "clearInterval", clearInterval],
    [globalThis, "setImmediate", (callback: () => void) => scheduler.timer(owner(), 0, callback)],
    [timersPromises, "setTimeout", pause],
    [crypto, "randomBytes", (size: number) => Buffer.from(Array.from({ length: size }, () => random.below(256)))],
    // In one go, so that their answers come in an order that is always the same.
    ...(["stat", "unlink", "writeFile", "readFile", "readdir", "mkdir"] as const).map(
      (name): Replacement => [
        fsPromises,
        name,
        // Node's synchronous twin takes the same arguments.
        async (...args: unknown[]) => Reflect.apply(fs[`${name}Sync`], fs, args),
      ],
    ),
  ]);
}

function simulatedDate(nowMs: () => number): typeof Date {
  return new Proxy(Date, {
    construct: (target, args, own) => Reflect.construct(target, args.length === 0 ? [nowMs()] : args, own),
    get: (target, name) => (name === "now" ? nowMs : Reflect.get(target, name, target)),
  });
}

type Replacement = readonly [object, string, unknown];

function replaceAll(replacements: readonly Replacement[]): () => void {
  const before = replacements.map(([holder, name]) => [holder, name, Reflect.get(holder, name)] as const);
  const put = (all: readonly Replacement[]) => {
    for (const [holder, name, value] of all) Reflect.set(holder, name, value);
    syncBuiltinESMExports();
  };
  put(replacements);
  return () => put(before);
}
