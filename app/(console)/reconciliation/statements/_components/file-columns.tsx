import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { Money } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { StatementFile } from "@/server/indexes/reconciliation/contract-statements";
import classes from "./statements.module.css";
import { formatName, newOf, sizeText, stateOf, wayName } from "./words";

const balanceOf = (file: StatementFile, which: "openingMinor" | "closingMinor") => {
  const amountMinor = file.balance?.[which] ?? null;
  if (file.balance === null || amountMinor === null) return null;
  return { amountMinor, currency: file.balance.currency, exponent: file.balance.exponent };
};

const controlsText = ({ outcome, controls, uncontrolled, statementsNew, fault }: StatementFile): string => {
  if (outcome === "refused") return fault?.code.replaceAll("_", " ") ?? "refused";
  if (statementsNew === 0) return "known";
  return uncontrolled > 0 ? "none stated" : `${controls ?? 0} right`;
};

const differenceText = ({ fault }: StatementFile): string => {
  if (fault === null) return "";
  const values = fault.expected === null ? "" : ` Expected ${fault.expected}, found ${fault.found ?? "nothing"}.`;
  return `${fault.what}${values}`;
};

const COLUMNS: readonly DataColumn<StatementFile>[] = [
  {
    key: "taken",
    header: "Taken in",
    width: 148,
    render: ({ takenAt }) => <Time at={takenAt} />,
    text: ({ takenAt }) => takenAt,
  },
  {
    key: "state",
    header: "State",
    width: 108,
    render: (file) => {
      const [tone, word] = stateOf(file);
      return <StatusBadge tone={tone}>{word}</StatusBadge>;
    },
    text: (file) => stateOf(file)[1],
  },
  {
    key: "name",
    header: "File",
    width: 204,
    render: ({ intake, name }) => (
      <Link href={`/reconciliation/statements/${intake}`} className={classes.name} title={name}>
        {name}
      </Link>
    ),
    text: ({ name }) => name,
  },
  {
    key: "fault",
    header: "What is wrong",
    render: (file) => <span title={differenceText(file)}>{differenceText(file) || "—"}</span>,
    text: differenceText,
  },
  {
    key: "format",
    header: "Format",
    width: 118,
    render: ({ format }) => formatName(format),
    text: ({ format }) => formatName(format),
  },
  {
    key: "accounts",
    header: "Account",
    width: 150,
    render: ({ accounts }) => <span className="mono">{accounts ?? "—"}</span>,
    text: ({ accounts }) => accounts ?? "",
  },
  {
    key: "entries",
    header: "Entries",
    width: 80,
    align: "right",
    render: ({ entries, entriesNew, outcome }) => (outcome === "refused" ? "—" : newOf(entriesNew, entries)),
    text: ({ entries }) => String(entries),
  },
  {
    key: "opening",
    header: "Opening",
    width: 126,
    align: "right",
    render: (file) => <Money amount={balanceOf(file, "openingMinor")} />,
  },
  {
    key: "closing",
    header: "Closing",
    width: 126,
    align: "right",
    render: (file) => <Money amount={balanceOf(file, "closingMinor")} />,
  },
  { key: "controls", header: "Control totals", width: 124, render: controlsText, text: controlsText },
  { key: "way", header: "Came by", width: 116, render: ({ way }) => wayName(way), text: ({ way }) => wayName(way) },
  {
    key: "bytes",
    header: "Size",
    width: 84,
    align: "right",
    hidden: true,
    render: ({ bytes }) => sizeText(bytes),
    text: ({ bytes }) => String(bytes),
  },
  {
    key: "hash",
    header: "SHA-256",
    width: 130,
    hidden: true,
    render: ({ fileHash }) => <span className="mono">{fileHash.slice(0, 12)}</span>,
    text: ({ fileHash }) => fileHash,
  },
];

const WRONG: ReadonlySet<string> = new Set(["entries", "opening", "closing", "controls"]);

/** What was booked, or, where refused files are looked at, what is wrong with each. */
export const columnsFor = (refused: boolean): readonly DataColumn<StatementFile>[] =>
  COLUMNS.filter(({ key }) => (refused ? !WRONG.has(key) : key !== "fault"));
