import type { Lake } from "../../server/lake/lake";
import { MicroBatch } from "../../server/pipeline/micro-batch";
import type { Scope } from "./run";
import type { Mutant } from "./simulation";

/** A mutant, where it is to be noticed, and after how many seeds at the latest. */
export interface Trial {
  readonly mutant: Mutant;
  readonly scope: Scope;
  readonly seedsMax: number;
}

const nothing = async (): Promise<void> => undefined;

/** Every safety check of the chain from source to index, switched off one at a time. */
export const TRIALS: readonly Trial[] = [
  {
    scope: "log",
    seedsMax: 20,
    mutant: {
      name: "mark conflict",
      says: "a commit no longer looks whether its marks were moved by another",
      process: { seams: { skipMarkConflict: true } },
    },
  },
  {
    scope: "log",
    seedsMax: 20,
    mutant: {
      name: "mark base",
      says: "a mark may be moved from anywhere below, not only from where its rows were decided upon",
      process: { lake: forgetBases },
    },
  },
  {
    scope: "lake",
    seedsMax: 30,
    mutant: {
      name: "mark base, in the indexer",
      says: "an indexer looks neither itself nor by its commits where the marks of its pending rows stand",
      process: {
        lake: forgetBases,
        indexer: (indexer) => replace(part(indexer, "flusher"), "movedByAnother", () => null),
      },
    },
  },
  {
    scope: "log",
    seedsMax: 20,
    mutant: {
      name: "removed-file conflict",
      says: "a compaction no longer looks whether another has removed the files it replaces",
      process: { seams: { skipRemovedFileConflict: true } },
    },
  },
  {
    scope: "log",
    seedsMax: 60,
    mutant: {
      name: "own commit read back",
      says: "a 412 for one's own commit is taken for a lost race",
      process: { seams: { skipOwnCommitReadBack: true } },
    },
  },
  {
    scope: "log",
    seedsMax: 20,
    mutant: {
      name: "atomic creation",
      says: "the store looks whether an object exists, and writes it after that",
      store: { creationNotAtomic: true },
    },
  },
  {
    scope: "lake",
    seedsMax: 20,
    mutant: {
      name: "what a table holds",
      says: "after a restart every table takes all records again, not only those beyond its own mark",
      process: {
        indexer: (indexer) => {
          const none = { rows: -1n, quarantine: -1n, balance: -1n, alerts: -1n };
          replace(part(indexer, "flusher"), "held", async () => none);
        },
      },
    },
  },
  {
    scope: "lake",
    seedsMax: 20,
    mutant: {
      name: "redelivery",
      says: "a record delivered again is taken again",
      process: {
        indexer: (indexer) =>
          replace(indexer, "pushed", { get: () => undefined, set: () => undefined, delete: () => undefined }),
      },
    },
  },
  {
    scope: "log",
    seedsMax: 20,
    mutant: {
      name: "age of orphans",
      says: "vacuum deletes a file nobody names however young it is",
      process: { limits: { orphanAgeMs: 0 } },
    },
  },
  {
    scope: "lake",
    seedsMax: 10,
    mutant: {
      name: "balance, switched off",
      says: "a quarantined record in five is lost on its way, and the balance of the batch is not looked at",
      install: () => loseQuarantined(true),
    },
  },
  {
    scope: "lake",
    seedsMax: 10,
    mutant: {
      name: "balance, switched on",
      says: "the same loss with the check in place: the indexer stops before it commits",
      install: () => loseQuarantined(false),
    },
  },
  {
    scope: "whole",
    seedsMax: 20,
    mutant: {
      name: "projector's cache, overtaken",
      says: "a projector goes on with what it remembers though another has moved the marks since",
      process: { projector: (projector) => replace(projector, "forgetStaleState", nothing) },
    },
  },
  {
    scope: "whole",
    seedsMax: 20,
    mutant: {
      name: "projector's cache, refused",
      says: "a projector keeps what it remembers after its commit was refused, or its tick broken off",
      process: {
        projector: (projector) => {
          replace(projector, "reset", nothing);
          replace(projector, "forgetStaleState", nothing);
        },
      },
    },
  },
];

/** Puts something else in the place of a part that its type keeps private. */
function replace(holder: object, name: string, by: unknown): void {
  if (!(name in holder)) throw new Error(`there is no ${name} to be replaced`);
  Object.defineProperty(holder, name, { value: by, configurable: true, writable: true });
}

function part(holder: object, name: string): object {
  const found: unknown = Reflect.get(holder, name);
  if (typeof found !== "object" || found === null) throw new Error(`there is no ${name}`);
  return found;
}

function forgetBases(lake: Lake): void {
  for (const table of lake.tables) {
    const commit = table.commit.bind(table);
    replace(table, "commit", (request: Parameters<typeof commit>[0]) =>
      commit({ ...request, expects: [], marks: request.marks.map(({ appId, version }) => ({ appId, version })) }),
    );
  }
}

/** Returns how to undo it. */
function loseQuarantined(unseen: boolean): () => void {
  const { addQuarantine, sealBalance } = MicroBatch.prototype;
  let count = 0;
  replace(
    MicroBatch.prototype,
    "addQuarantine",
    function (this: MicroBatch, ...args: Parameters<typeof addQuarantine>) {
      if (++count % 5 !== 0) Reflect.apply(addQuarantine, this, args);
    },
  );
  replace(MicroBatch.prototype, "sealBalance", function (this: MicroBatch, nowMicros: bigint) {
    if (unseen) this.recovering = true;
    Reflect.apply(sealBalance, this, [nowMicros]);
  });
  return () => {
    replace(MicroBatch.prototype, "addQuarantine", addQuarantine);
    replace(MicroBatch.prototype, "sealBalance", sealBalance);
  };
}
