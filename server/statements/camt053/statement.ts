import { type BusinessDate, parseInstant } from "../../domain/time";
import { type Exponents, exponentFor, readDecimal } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { readIsoDate } from "../dates";
import type { DeclaredTotals } from "../drafts";
import { type FaultPlace, refuse } from "../faults";
import type { StatementBalance } from "../model";
import type { StatementBuilder } from "../statement-builder";
import { cleanText } from "../texts";
import { CamtEntry } from "./entry";
import { accountOf, amountOf, balanceOf, directionOf, institutionOf, statusOf } from "./fields";
import { all, at, child, textAt, type XmlNode } from "./tree";

export interface MessageFacts {
  messageId: string | null;
}

export interface StatementContext {
  readonly assembler: StatementAssembler;
  readonly exponents: Exponents;
  readonly message: MessageFacts;
  /** 1 for the first of the file. */
  readonly number: number;
  readonly line: () => number;
}

const PARTS_MAX = 1_000;

/** One Stmt element: collects what stands before the entries, opens the statement with the first, checks it at its end. */
export class CamtStatement {
  private readonly header: XmlNode = { name: "Stmt", currency: null, children: [], text: "" };
  private builder: StatementBuilder | null = null;
  private entry: CamtEntry | null = null;
  private entries = 0;
  private unbooked = 0;

  constructor(private readonly context: StatementContext) {}

  /** Something inside a part has ended: payments of an entry are read at once and dropped. */
  inside(node: XmlNode, ancestors: readonly XmlNode[]): boolean {
    const entry = ancestors[0];
    if (entry?.name !== "Ntry") return false;
    if (node.name === "TxDtls" && ancestors.length === 2) {
      this.entryOf(entry).payment(node);
      return true;
    }
    if (node.name === "NtryDtls" && ancestors.length === 1) {
      this.entryOf(entry).group(node);
      return true;
    }
    return false;
  }

  /** A direct child of the statement has ended. */
  part(node: XmlNode): void {
    if (node.name === "Ntry") {
      if (statusOf(node, this.where()) !== "booked") this.unbooked++;
      this.entryOf(node).finish();
      this.entry = null;
      return;
    }
    if (node.name === "Acct" && child(this.header, "Acct") !== undefined)
      refuse("several_accounts", "The statement names two accounts.", this.where());
    if (this.header.children.push(node) > PARTS_MAX)
      refuse("too_complex", `The statement has more than ${PARTS_MAX} parts beside its entries.`, this.where());
  }

  close(): void {
    const where = this.where();
    const { closing } = this.balances();
    const builder = this.opened(null);
    builder.close({ closing, declared: this.declared(builder.currency), needsBalances: true, where });
  }

  private where(): FaultPlace {
    return { line: this.context.line(), path: `Stmt[${this.context.number}]`, statement: this.context.number };
  }

  private entryOf(node: XmlNode): CamtEntry {
    if (this.entry === null) {
      this.entries++;
      const { exponents, line, number } = this.context;
      const path = `Stmt[${number}]/Ntry[${this.entries}]`;
      const where = { path, statement: number, entry: this.entries };
      this.entry = new CamtEntry(node, {
        builder: this.opened(node),
        exponents,
        where: () => ({ line: line(), ...where }),
        path,
        dateElse: () => this.balances().closing?.date ?? null,
      });
    }
    return this.entry;
  }

  private opened(firstEntry: XmlNode | null): StatementBuilder {
    if (this.builder !== null) return this.builder;
    const { header, context } = this;
    const where = this.where();
    const account = child(header, "Acct");
    const { opening } = this.balances();
    const currency =
      textAt(account, "Ccy") ?? opening?.currency ?? child(firstEntry ?? undefined, "Amt")?.currency ?? "";
    const number = textAt(header, "ElctrncSeqNb") ?? textAt(header, "LglSeqNb");
    const page = textAt(header, "StmtPgntn", "PgNb");
    const created = parseInstant(textAt(header, "CreDtTm") ?? "");
    this.builder = context.assembler.open(
      {
        account: accountOf(account) ?? "",
        accountName: textAt(account, "Nm") ?? textAt(account, "Ownr", "Nm") ?? textAt(account, "Ownr", "Pty", "Nm"),
        institution: institutionOf(child(account, "Svcr")),
        currency,
        exponent: exponentFor(currency, context.exponents, where),
        statementId: textAt(header, "Id"),
        messageId: context.message.messageId,
        sequence: number === null || page === null ? number : `${number}/${page}`,
        period: { from: this.day("FrDtTm"), to: this.day("ToDtTm") },
        createdAt: created.ok ? created.value : null,
        copy: cleanText(textAt(header, "CpyDplctInd")) !== null,
        opening,
      },
      where,
    );
    return this.builder;
  }

  private day(name: string): BusinessDate | null {
    const text = textAt(this.header, "FrToDt", name);
    return text === null ? null : readIsoDate(text, this.where()).date;
  }

  /**
   * Opening: OPBD, else PRCD (closing of the statement before), else an ITBD (interim, of a page). Closing: CLBD, else
   * the last ITBD that is not the opening.
   */
  private balances(): { opening: StatementBalance | null; closing: StatementBalance | null } {
    const where = { ...this.where(), path: `Stmt[${this.context.number}]/Bal` };
    const balances = all(this.header, "Bal").map((node) => balanceOf(node, this.context.exponents, where));
    const one = (code: string): StatementBalance | null => {
      const [first = null, second] = balances.filter((balance) => balance.code === code);
      if (first !== null && second !== undefined && second.currency !== first.currency)
        refuse(
          "several_accounts",
          `The statement has ${code} balances in ${first.currency} and ${second.currency}.`,
          where,
        );
      if (first !== null && second !== undefined && second.amountMinor !== first.amountMinor)
        refuse("bad_structure", `The statement has two different ${code} balances.`, where);
      return first;
    };
    const interim = balances.filter((balance) => balance.code === "ITBD");
    const closed = one("CLBD");
    const booked = one("OPBD") ?? one("PRCD");
    const opening = booked ?? (closed !== null || interim.length > 1 ? (interim[0] ?? null) : null);
    const last = interim.at(-1) ?? null;
    return { opening, closing: closed ?? (last === opening ? null : last) };
  }

  /** TxsSummry, where every entry is booked: it does not say which entries it counts. */
  private declared(currency: string): DeclaredTotals {
    const summary = child(this.header, "TxsSummry");
    if (summary === undefined || this.unbooked > 0) return {};
    const where = { ...this.where(), path: `Stmt[${this.context.number}]/TxsSummry` };
    const { exponents } = this.context;
    const count = (name: string): number | undefined => {
      const text = textAt(summary, name, "NbOfNtries");
      if (text === null) return undefined;
      return /^\d{1,15}$/.test(text) ? Number(text) : refuse("bad_field", `"${text}" is no number of entries.`, where);
    };
    const sum = (name: string): bigint | undefined => {
      const text = textAt(summary, name, "Sum");
      return text === null ? undefined : readDecimal(text, currency, exponents, where).amountMinor;
    };
    return {
      entryCount: count("TtlNtries"),
      turnoverMinor: sum("TtlNtries"),
      creditCount: count("TtlCdtNtries"),
      creditMinor: sum("TtlCdtNtries"),
      debitCount: count("TtlDbtNtries"),
      debitMinor: sum("TtlDbtNtries"),
      netMinor: this.declaredNet(at(summary, "TtlNtries"), currency, where),
    };
  }

  /** TtlNetNtryAmt up to version 2, TtlNetNtry/Amt from version 3 on. */
  private declaredNet(total: XmlNode | undefined, currency: string, where: FaultPlace): bigint | undefined {
    const node = child(total, "TtlNetNtry");
    const amount = amountOf(
      child(total, "TtlNetNtryAmt") ?? child(node, "Amt"),
      this.context.exponents,
      where,
      currency,
    );
    if (amount === null) return undefined;
    const direction = directionOf(node ?? total, where);
    if (direction === null) return undefined;
    return direction === "credit" ? amount.amountMinor : -amount.amountMinor;
  }
}
