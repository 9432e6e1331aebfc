import { describe, expect, it } from "vitest";
import { DueQueue } from "./heap";
import { Prng } from "./prng";

describe("the queue of things to come", () => {
  it("gives the soonest first and equals in their order, however pushes and pops are mixed", () => {
    const prng = new Prng("heap");
    const queue = new DueQueue<{ dueMs: number; order: number }>();
    let waiting: { dueMs: number; order: number }[] = [];
    for (let order = 0; order < 5_000; order++) {
      if (prng.chance(0.55)) {
        const item = { dueMs: prng.int(50), order };
        queue.push(item);
        waiting = [...waiting, item].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      } else {
        expect(queue.peek()).toBe(waiting[0]);
        expect(queue.pop()).toBe(waiting.shift());
      }
      expect(queue.size).toBe(waiting.length);
    }
  });
});

describe("the random numbers", () => {
  it("repeat with their seed, differ with another and spread evenly", () => {
    const numbers = (seed: string) => {
      const prng = new Prng(seed);
      return Array.from({ length: 4 }, () => prng.next());
    };
    expect(numbers("1")).toEqual(numbers("1"));
    expect(numbers("1")).not.toEqual(numbers("2"));
    const prng = new Prng("spread");
    const tenths = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) {
      const tenth = prng.int(10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
