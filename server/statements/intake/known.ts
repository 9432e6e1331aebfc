import type { DuckDBConnection } from "@duckdb/node-api";
import type { BusinessDate } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import { relateStatements, type StatementIdentity, type StatementRelation } from "../identity";
import type { StatementOpening, StatementTotals } from "../model";

/** One statement of the file under way. */
export interface ReadStatement {
  readonly opening: StatementOpening;
  readonly totals: StatementTotals;
}

export interface Related extends ReadStatement {
  readonly identity: StatementIdentity;
  readonly relation: StatementRelation;
  /** The known one it stands so to; null for apart. */
  readonly to: Known | null;
}

/** A statement booked before, and the delivery whose kept bytes hold it. */
export interface Known extends StatementIdentity {
  readonly intake: number;
  readonly fileHash: string;
}

/** Statements of one account within one day. */
const CHAIN_MAX = 1_000;

/** Which relation to any known statement decides, first to last. */
const PRECEDENCE: readonly StatementRelation[] = [
  "same",
  "same_content",
  "contradicts",
  "continues",
  "overlaps",
  "apart",
];

const identityOf = ({ opening, totals }: ReadStatement): StatementIdentity => ({
  account: opening.account,
  currency: opening.currency,
  sequence: opening.sequence,
  ...totals.period,
  openingMinor: opening.opening?.amountMinor ?? null,
  closingMinor: totals.closing?.amountMinor ?? null,
  creditMinor: totals.creditMinor,
  debitMinor: totals.debitMinor,
  statementKey: totals.statementKey,
  contentKey: totals.contentKey,
});

/** The statements of earlier deliveries about the same accounts. */
export async function knownStatements(
  connection: DuckDBConnection,
  statements: string,
  accounts: readonly string[],
): Promise<Known[]> {
  if (accounts.length === 0) return [];
  const reader = await connection.runAndReadAll(`
    SELECT statement_key, content_key, account, currency, sequence, CAST(period_from AS VARCHAR),
           CAST(period_to AS VARCHAR), opening_minor, closing_minor, credit_minor, debit_minor, intake, file_hash
    FROM ${statements} WHERE account IN (${accounts.map(sqlText).join(", ")})`);
  return reader.getRows().map((cells) => {
    const [statementKey, contentKey, account, currency, sequence, from, to, ...rest] = cells;
    const [openingMinor, closingMinor, creditMinor, debitMinor, intake, fileHash] = rest;
    return {
      statementKey: String(statementKey),
      contentKey: String(contentKey),
      account: String(account),
      currency: String(currency),
      sequence: sequence === null ? null : String(sequence),
      from: from === null ? null : (String(from) as BusinessDate),
      to: to === null ? null : (String(to) as BusinessDate),
      openingMinor: openingMinor as bigint | null,
      closingMinor: closingMinor as bigint | null,
      creditMinor: creditMinor as bigint,
      debitMinor: debitMinor as bigint,
      intake: Number(intake),
      fileHash: String(fileHash),
    };
  });
}

/** How each statement of a file stands to those known before, by the relation that weighs most. */
export function relateAll(read: readonly ReadStatement[], known: readonly Known[]): Related[] {
  const byAccount = new Map<string, Known[]>();
  for (const one of known) {
    const key = `${one.account}|${one.currency}`;
    byAccount.set(key, [...(byAccount.get(key) ?? []), one]);
  }
  return read.map((statement) => {
    const identity = identityOf(statement);
    let best: { relation: StatementRelation; to: Known | null } = { relation: "apart", to: null };
    for (const to of byAccount.get(`${identity.account}|${identity.currency}`) ?? []) {
      const relation = relateStatements(to, identity);
      if (PRECEDENCE.indexOf(relation) < PRECEDENCE.indexOf(best.relation)) best = { relation, to };
    }
    return { ...statement, identity, ...best };
  });
}

/** What a statement to go on from, and those it went on from itself, hold of the day they share with `from`: newest first. */
export function chainBefore(known: readonly Known[], last: Known, from: BusinessDate | null): Known[] {
  const chain: Known[] = [last];
  for (let next = last; chain.length < CHAIN_MAX; ) {
    const before = known.find(
      (one) => !chain.includes(one) && sharesDay(one, from) && relateStatements(one, next) === "continues",
    );
    if (before === undefined) break;
    chain.push(before);
    next = before;
  }
  return chain;
}

const sharesDay = ({ to }: Known, from: BusinessDate | null): boolean => to !== null && from !== null && to >= from;
