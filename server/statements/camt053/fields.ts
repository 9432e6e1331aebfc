import type { MoneyValue } from "../../domain/answer";
import { type Exponents, readDecimal } from "../amounts";
import { type DateAndTime, readIsoDate } from "../dates";
import { type FaultPlace, refuse } from "../faults";
import type {
  Direction,
  StatedAmount,
  StatementBalance,
  StatementCharge,
  StatementEntry,
  StatementParty,
  StatementReferences,
} from "../model";
import { all, at, child, textAt, type XmlNode } from "./tree";

/** Reads an amount element with its Ccy attribute; null where there is none. Amounts are never negative (ISO 20022). */
export function amountOf(
  node: XmlNode | undefined,
  exponents: Exponents,
  where: FaultPlace,
  currencyElse = "",
): MoneyValue | null {
  if (node === undefined) return null;
  const amount = readDecimal(node.text, node.currency ?? currencyElse, exponents, where);
  if (node.text.startsWith("-")) refuse("negative_amount", `The amount ${node.text} is negative.`, where);
  return amount;
}

export function directionOf(node: XmlNode | undefined, where: FaultPlace): Direction | null {
  const text = textAt(node, "CdtDbtInd");
  if (text === null) return null;
  if (text === "CRDT") return "credit";
  if (text === "DBIT") return "debit";
  return refuse("missing_direction", `"${text}" is neither CRDT nor DBIT.`, where, { found: text });
}

/** A date choice: Dt or DtTm. */
export function dateOf(node: XmlNode | undefined, where: FaultPlace): DateAndTime | null {
  const text = textAt(node, "Dt") ?? textAt(node, "DtTm");
  return text === null ? null : readIsoDate(text, where);
}

const codeOrProprietary = (node: XmlNode | undefined): string | null =>
  textAt(node, "Cd") ?? textAt(node, "Prtry", "Id") ?? textAt(node, "Prtry");

export function balanceOf(node: XmlNode, exponents: Exponents, where: FaultPlace): StatementBalance {
  const amount =
    amountOf(child(node, "Amt"), exponents, where) ?? refuse("missing_amount", "A balance has no amount.", where);
  const direction = directionOf(node, where) ?? refuse("missing_direction", "A balance is not signed.", where);
  return {
    ...amount,
    amountMinor: direction === "credit" ? amount.amountMinor : -amount.amountMinor,
    date: dateOf(child(node, "Dt"), where)?.date ?? null,
    code: codeOrProprietary(at(node, "Tp", "CdOrPrtry")) ?? "",
  };
}

/** Status is text up to version 7 and a code from version 8 on. */
export function statusOf(entry: XmlNode, where: FaultPlace): StatementEntry["status"] {
  const node = child(entry, "Sts");
  const text = textAt(node, "Cd") ?? textAt(node, "Prtry") ?? textAt(node);
  switch (text) {
    case "BOOK":
      return "booked";
    case "PDNG":
    case "FUTR":
      return "pending";
    case "INFO":
      return "information";
    default:
      return refuse("bad_field", `The status of the entry is "${text ?? ""}".`, where, {
        expected: "BOOK, PDNG, FUTR or INFO",
        found: text ?? "nothing",
      });
  }
}

/** PMNT/RCDT/ESCT, else the bank's own code. */
export function transactionCodeOf(node: XmlNode | undefined): string | null {
  const code = child(node, "BkTxCd");
  const domain = [
    textAt(code, "Domn", "Cd"),
    textAt(code, "Domn", "Fmly", "Cd"),
    textAt(code, "Domn", "Fmly", "SubFmlyCd"),
  ];
  return domain[0] === null ? textAt(code, "Prtry", "Cd") : domain.filter((part) => part !== null).join("/");
}

/** Charges of an entry or transaction: a flat list up to version 2, records from version 3 on. */
export function chargesOf(node: XmlNode | undefined, exponents: Exponents, where: FaultPlace): StatementCharge[] {
  return all(node, "Chrgs")
    .flatMap((charges) => (child(charges, "Rcrd") === undefined ? [charges] : all(charges, "Rcrd")))
    .flatMap((record) => {
      const amount = amountOf(child(record, "Amt"), exponents, where);
      if (amount === null) return [];
      const given = directionOf(record, where) === "credit";
      const included = textAt(record, "ChrgInclInd");
      return [
        {
          ...amount,
          amountMinor: given ? -amount.amountMinor : amount.amountMinor,
          type: codeOrProprietary(child(record, "Tp")),
          included: included === null ? null : included === "true" || included === "1",
        },
      ];
    });
}

export function referencesOf(details: XmlNode | undefined, entry: XmlNode): Partial<StatementReferences> {
  const refs = child(details, "Refs");
  return {
    endToEndId: textAt(refs, "EndToEndId"),
    instructionId: textAt(refs, "InstrId"),
    transactionId: textAt(refs, "TxId") ?? textAt(refs, "UETR"),
    bankReference: textAt(entry, "AcctSvcrRef") ?? textAt(refs, "AcctSvcrRef"),
    customerReference: textAt(refs, "AcctOwnrTxId") ?? textAt(refs, "ChqNb") ?? textAt(entry, "NtryRef"),
    mandateId: textAt(refs, "MndtId"),
    creditorReference: textAt(details, "RmtInf", "Strd", "CdtrRefInf", "Ref"),
  };
}

/** The other side. In a reversal the parties keep the roles they had in what is taken back. */
export function counterpartyOf(
  details: XmlNode | undefined,
  direction: Direction,
  reversal: boolean,
): StatementParty | null {
  const role = (direction === "credit") !== reversal ? "Dbtr" : "Cdtr";
  const parties = child(details, "RltdPties");
  const party = child(parties, role);
  const name = textAt(party, "Nm") ?? textAt(party, "Pty", "Nm") ?? textAt(party, "Agt", "FinInstnId", "Nm");
  const ultimate = child(parties, `Ultmt${role}`);
  return {
    name: name ?? textAt(ultimate, "Nm") ?? textAt(ultimate, "Pty", "Nm"),
    account: accountOf(child(parties, `${role}Acct`)),
    institution: institutionOf(at(details, "RltdAgts", `${role}Agt`)),
  };
}

export const accountOf = (account: XmlNode | undefined): string | null =>
  textAt(account, "Id", "IBAN") ?? textAt(account, "Id", "Othr", "Id") ?? textAt(account, "Id", "PrtryAcct", "Id");

export function institutionOf(agent: XmlNode | undefined): string | null {
  const institution = child(agent, "FinInstnId");
  return (
    textAt(institution, "BICFI") ??
    textAt(institution, "BIC") ??
    textAt(institution, "ClrSysMmbId", "MmbId") ??
    textAt(institution, "Othr", "Id") ??
    textAt(institution, "Nm")
  );
}

/** Unstructured lines, then what is added to the structured ones and to the transaction. */
export function remittanceOf(details: XmlNode | undefined): string | null {
  const information = child(details, "RmtInf");
  const lines = [
    ...all(information, "Ustrd").map((line) => line.text),
    ...all(information, "Strd").flatMap((part) => all(part, "AddtlRmtInf").map((line) => line.text)),
    textAt(details, "AddtlTxInf") ?? "",
  ].filter((line) => line !== "");
  return lines.length === 0 ? null : lines.join(" ");
}

export function instructedOf(node: XmlNode | undefined): StatedAmount | null {
  const amount = at(node, "AmtDtls", "InstdAmt", "Amt");
  return amount === undefined || amount.currency === null ? null : { decimal: amount.text, currency: amount.currency };
}

export const exchangeRateOf = (node: XmlNode | undefined): string | null =>
  ["TxAmt", "InstdAmt", "CntrValAmt"].reduce<string | null>(
    (found, name) => found ?? textAt(node, "AmtDtls", name, "CcyXchg", "XchgRate"),
    null,
  );

export const returnCodeOf = (details: XmlNode | undefined): string | null =>
  codeOrProprietary(at(details, "RtrInf", "Rsn"));
