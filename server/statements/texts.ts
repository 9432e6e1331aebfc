import { maskCardNumbersInText } from "../domain/card";
import { withoutCardNumber } from "../pipeline/decode/field";
import type { CommonDraft } from "./drafts";
import type { AchAnswer, StatementParty, StatementReferences } from "./model";

const NO_REFERENCE = /^(NONREF|NOTPROVIDED|NOT PROVIDED|NOTAVAILABLE|NOREF|)$/i;
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

/** Trimmed, control characters as spaces; null where nothing is left. */
export function cleanText(text: string | null | undefined): string | null {
  const clean = (text ?? "").replace(CONTROL_CHARACTERS, " ").trim();
  return clean === "" ? null : clean;
}

/** Null for the words banks write where there is no reference. */
export function cleanReference(text: string | null | undefined): string | null {
  const clean = cleanText(text);
  return clean === null || NO_REFERENCE.test(clean) ? null : clean;
}

const REFERENCE_NAMES = [
  "endToEndId",
  "instructionId",
  "transactionId",
  "bankReference",
  "customerReference",
  "traceNumber",
  "originalTraceNumber",
  "mandateId",
  "creditorReference",
  "pspReference",
] as const;

export const maskedOrNull = (text: string | null): string | null =>
  text === null ? null : maskCardNumbersInText(text);
export const referenceOrNull = (text: string | null): string | null => (text === null ? null : withoutCardNumber(text));

/** The statement's own account as people know it: a sound IBAN (ISO 13616, modulo 97) is no card number. */
export const ownAccount = (account: string): string => (isIban(account) ? account : withoutCardNumber(account));

function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  const digits = (text.slice(4) + text.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}

/** Identifiers are masked as at ingest, with a digest behind them, so that both sides still match. */
export function commonOf(draft: CommonDraft) {
  const given = draft.references ?? {};
  const references = Object.fromEntries(
    REFERENCE_NAMES.map((name) => [name, referenceOrNull(cleanReference(given[name]))]),
  ) as unknown as StatementReferences;
  return {
    references,
    counterparty: partyOf(draft.counterparty),
    remittance: maskedOrNull(cleanText(draft.remittance)),
    charges: draft.charges ?? [],
    instructed: draft.instructed ?? null,
    exchangeRate: draft.exchangeRate ?? null,
  };
}

function partyOf(party: StatementParty | null | undefined): StatementParty | null {
  const name = cleanText(party?.name);
  const account = cleanText(party?.account);
  const institution = cleanText(party?.institution);
  if (name === null && account === null && institution === null) return null;
  return { name: maskedOrNull(name), account: referenceOrNull(account), institution };
}

export function textsOf(draft: CommonDraft): (string | null)[] {
  const given = draft.references ?? {};
  return [
    ...REFERENCE_NAMES.map((name) => cleanReference(given[name])),
    draft.counterparty?.name ?? null,
    draft.counterparty?.account ?? null,
    draft.counterparty?.institution ?? null,
    draft.remittance ?? null,
  ];
}

/** Trace numbers stay as they are: eight digits of a bank and a number, by the rules never a card's. */
export const maskedAnswer = (answer: AchAnswer): AchAnswer => ({
  ...answer,
  correctedData: referenceOrNull(cleanText(answer.correctedData)),
  information: maskedOrNull(cleanText(answer.information)),
});
