import { describe, expect, it } from "vitest";
import { relateStatements, type StatementIdentity } from "./identity";
import { OccurrenceTable } from "./occurrences";
import { type ReadFile, readFileOf, verdict } from "./testing/read";
import { BAI2, camtEntry, camtFile, camtStatement, MT940, NACHA } from "./testing/samples";

/** A small generator of its own, so that a failing run can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Booking {
  readonly day: number;
  readonly cents: number;
  readonly credit: boolean;
  readonly text: string;
}

const date = (day: number) => `2026-11-${String(day).padStart(2, "0")}`;
const euros = (cents: number) => `${cents < 0 ? "-" : ""}${(Math.abs(cents) / 100).toFixed(2)}`;
const net = (bookings: readonly Booking[]) =>
  bookings.reduce((sum, booking) => sum + (booking.credit ? booking.cents : -booking.cents), 0);

/** Bookings in day order, many of them equal. */
function bookingsOf(seed: number): Booking[] {
  const next = random(seed);
  return Array.from({ length: 5 + next(25) }, () => ({
    day: 1 + next(6),
    cents: 100 * (1 + next(3)),
    credit: next(3) > 0,
    text: `T${next(2)}`,
  })).sort((a, b) => a.day - b.day);
}

function statementOf(all: readonly Booking[], from: number, to: number, number: number): string {
  const before = net(all.filter((booking) => booking.day < from));
  const inside = all.filter((booking) => booking.day >= from && booking.day <= to);
  return camtStatement({
    number,
    opening: euros(before),
    closing: euros(before + net(inside)),
    entries: inside.map((booking) =>
      camtEntry({
        amount: euros(booking.cents),
        direction: booking.credit ? "CRDT" : "DBIT",
        body: `<AddtlNtryInf>${booking.text}</AddtlNtryInf>`,
      }).replace("2026-11-20", date(booking.day)),
    ),
  });
}

const keys = (file: ReadFile): string[] => file.entries.map((entry) => entry.key);
const sorted = (list: readonly string[]) => [...list].sort();

describe("what is the same booking", () => {
  it("is one in overlapping statements and as many as there are on a day, on 120 generated months", async () => {
    for (let seed = 1; seed <= 120; seed++) {
      const all = bookingsOf(seed);
      const month = await readFileOf(camtFile([statementOf(all, 1, 6, 1)]));
      const cut = 1 + (seed % 6);
      const back = Math.max(1, cut - (seed % 3));
      const first = await readFileOf(camtFile([statementOf(all, 1, cut, 2)]));
      const second = await readFileOf(camtFile([statementOf(all, back, 6, 9)]));
      for (const file of [month, first, second]) expect(verdict(file)).toBe("ok");
      expect(new Set(keys(month)).size).toBe(all.length);
      expect(sorted([...new Set([...keys(first), ...keys(second)])])).toEqual(sorted(keys(month)));
      const together = await readFileOf(camtFile([statementOf(all, 1, cut, 2), statementOf(all, back, 6, 9)]));
      expect(sorted([...new Set(keys(together))])).toEqual(sorted(keys(month)));
    }
  }, 120_000);

  it("does not depend on the order of a day's bookings", async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const all = bookingsOf(seed);
      const turned = [...all].reverse().sort((a, b) => a.day - b.day);
      const [one, other] = [
        await readFileOf(camtFile([statementOf(all, 1, 6, 1)])),
        await readFileOf(camtFile([statementOf(turned, 1, 6, 1)])),
      ];
      expect(sorted(keys(one))).toEqual(sorted(keys(other)));
      expect(one.totals[0]?.contentKey).toBe(other.totals[0]?.contentKey);
    }
  });

  it("changes with anything the bank says about it", async () => {
    const base = camtEntry({ amount: "1.00", body: "<AcctSvcrRef>A</AcctSvcrRef><AddtlNtryInf>text</AddtlNtryInf>" });
    const changes = [
      base,
      base.replace("2026-11-20", "2026-11-19"),
      base.replace("2026-11-21", "2026-11-22"),
      base.replace(">1.00<", ">2.00<"),
      base.replace("CRDT", "DBIT"),
      base.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>"),
      base.replace("<AcctSvcrRef>A<", "<AcctSvcrRef>B<"),
      base.replace(">text<", ">texts<"),
    ];
    const digests = new Set<string>();
    for (const entry of changes) {
      const closing = entry.includes("DBIT") ? "99.00" : entry.includes(">2.00<") ? "102.00" : "101.00";
      const file = await readFileOf(camtFile([camtStatement({ entries: [entry], closing })]));
      expect(verdict(file)).toBe("ok");
      digests.add(file.entries[0]?.contentDigest ?? "");
    }
    expect(digests.size).toBe(changes.length);
  });

  it("counts on where a statement of the same day goes on from the one before, and only there", async () => {
    const entry = camtEntry({ amount: "1.00" });
    const morning = camtStatement({ number: 1, opening: "0.00", closing: "1.00", entries: [entry] });
    const evening = camtStatement({ number: 2, opening: "1.00", closing: "2.00", entries: [entry] });
    const going = await readFileOf(camtFile([morning, evening]));
    expect(going.entries.map((booking) => booking.occurrence)).toEqual([1, 2]);
    const copy = await readFileOf(camtFile([morning, morning]));
    expect(copy.entries.map((booking) => booking.occurrence)).toEqual([1, 1]);
    const alone = await readFileOf(camtFile([evening]), { occurrencesBefore: () => 1 });
    expect(alone.entries[0]?.key).toBe(going.entries[1]?.key);
  });

  it("does not take a copy of a statement that moves nothing for its continuation", async () => {
    const entries = [camtEntry({ amount: "5.00" }), camtEntry({ amount: "5.00", direction: "DBIT" })];
    const still = camtStatement({ number: 4, opening: "9.00", closing: "9.00", entries });
    const file = await readFileOf(camtFile([still, still]));
    expect(new Set(keys(file)).size).toBe(2);
  });
});

describe("what is the same statement", () => {
  const identities = (file: ReadFile): StatementIdentity[] =>
    file.totals.map((totals, index) => ({
      account: file.openings[index]?.account ?? "",
      currency: file.openings[index]?.currency ?? "",
      sequence: file.openings[index]?.sequence ?? null,
      ...totals.period,
      openingMinor: file.openings[index]?.opening?.amountMinor ?? null,
      closingMinor: totals.closing?.amountMinor ?? null,
      creditMinor: totals.creditMinor,
      debitMinor: totals.debitMinor,
      statementKey: totals.statementKey,
      contentKey: totals.contentKey,
    }));
  const identityOf = async (text: string): Promise<StatementIdentity> => {
    const [first] = identities(await readFileOf(text));
    if (first === undefined) throw new Error("no statement");
    return first;
  };

  it("is known again under another message id, number and file name", async () => {
    const text = camtFile([camtStatement({ number: 7, closing: "101.00", entries: [camtEntry({ amount: "1.00" })] })]);
    const known = await identityOf(text);
    expect(relateStatements(known, await identityOf(text.replace("MSG-1", "MSG-2")))).toBe("same");
    const renumbered = text.replace("<ElctrncSeqNb>7<", "<ElctrncSeqNb>8<");
    expect(relateStatements(known, await identityOf(renumbered))).toBe("same_content");
    const changed = text.replaceAll(">1.00<", ">2.00<").replace("101.00", "102.00");
    expect(relateStatements(known, await identityOf(changed))).toBe("contradicts");
    const other = text.replace("DE89370400440532013000", "DE02120300000000202051");
    expect(relateStatements(known, await identityOf(other))).toBe("apart");
  });

  it("does not take quiet days for each other's copies, nor batches or parts of one day", async () => {
    const quiet = (number: number, day: string) =>
      camtStatement({ number, closing: "100.00", entries: [] }).replaceAll("2026-11-20", day);
    const days = identities(await readFileOf(camtFile([quiet(1, "2026-11-19"), quiet(2, "2026-11-20")])));
    const batches = identities(await readFileOf(NACHA));
    const parts = identities(await readFileOf(BAI2.replaceAll("0987654321,JPY", "0123456789,USD")));
    for (const list of [days, batches, parts]) {
      expect(list).toHaveLength(2);
      expect(new Set(list.map((identity) => identity.contentKey)).size).toBe(2);
      expect(new Set(list.map((identity) => identity.statementKey)).size).toBe(2);
    }
  });

  it("lets statements without numbers go on from each other, but never a copy of one", async () => {
    const unnumbered = (opening: string, closing: string, entries: readonly string[]) =>
      camtStatement({ opening, closing, entries }).replace(/<ElctrncSeqNb>.*?<.ElctrncSeqNb>/, "");
    const plus = camtEntry({ amount: "1.00" });
    const minus = camtEntry({ amount: "1.00", direction: "DBIT" });
    const [first, second] = [unnumbered("0.00", "1.00", [plus]), unnumbered("1.00", "2.00", [plus])];
    const going = await readFileOf(camtFile([first, second]));
    expect(going.entries.map((entry) => entry.occurrence)).toEqual([1, 2]);
    const still = unnumbered("5.00", "5.00", [plus, minus]);
    const copies = await readFileOf(camtFile([first, first, still, still]));
    expect(copies.entries.map((entry) => entry.occurrence)).toEqual(Array.from({ length: 6 }, () => 1));
  });

  it("tells continuing, overlapping and separate statements apart", async () => {
    const [first, second] = identities(await readFileOf(MT940));
    if (first === undefined || second === undefined) throw new Error("two statements expected");
    expect(relateStatements(first, second)).toBe("continues");
    const all = bookingsOf(3);
    const [one, two] = [
      await identityOf(camtFile([statementOf(all, 1, 4, 1)])),
      await identityOf(camtFile([statementOf(all, 3, 6, 9)])),
    ];
    const days = (known: StatementIdentity, from: number, to: number) => ({
      ...known,
      from: date(from) as never,
      to: date(to) as never,
    });
    expect(relateStatements(days(one, 1, 4), days(two, 3, 6))).toBe("overlaps");
    expect(relateStatements(days(one, 1, 2), days(two, 5, 6))).toBe("apart");
  });
});

describe("the table of occurrences", () => {
  it("counts like a map, over every growth", () => {
    const next = random(11);
    const table = new OccurrenceTable();
    const map = new Map<string, number>();
    for (let index = 0; index < 20_000; index++) {
      const digest = Buffer.alloc(32);
      digest.writeUInt32LE(next(5_000), next(4) * 4);
      const salt = next(2);
      const key = `${digest.toString("hex")}/${salt}`;
      map.set(key, (map.get(key) ?? 0) + 1);
      expect(table.next(digest, salt)).toBe(map.get(key));
    }
  });
});
