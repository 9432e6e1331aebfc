import type { BusinessDate } from "../../domain/time";
import type { BankAccount, BankFormat, PspName } from "./accounts";

const EXTENSIONS: Readonly<Record<BankFormat, string>> = { camt053: "camt053.xml", mt940: "sta", bai2: "bai2" };

export const bankFile = ({ slug, format }: BankAccount, date: BusinessDate): string =>
  `${slug}-${date}.${EXTENSIONS[format]}`;
export const pspFile = (psp: PspName, date: BusinessDate): string => `${psp}-${date}.csv`;
export const achFile = (date: BusinessDate): string => `ach-returns-${date}.ach`;

/** "bank-eur-2025-03-05.first.camt053.xml": another delivery of a statement. */
export const delivery = (file: string, name: string): string => {
  const dot = file.indexOf(".");
  return `${file.slice(0, dot)}.${name}${file.slice(dot)}`;
};
