import type { DataColumn } from "@/components/tables/data-table";
import { Money, moneyText } from "@/components/ui/money";
import type { MatchRow } from "@/server/indexes/reconciliation/contract";
import { stageTitle } from "../../_components/words";

const none = <span className="dim">—</span>;
const amountText = (amount: MatchRow["internal"]): string =>
  amount === null ? "" : `${moneyText(amount)} ${amount.currency}`;
const residualOf = ({ residualMinor, internal, external }: MatchRow): MatchRow["internal"] => {
  const side = internal ?? external;
  return residualMinor === null || side === null ? null : { ...side, amountMinor: residualMinor };
};

export const MATCH_COLUMNS: readonly DataColumn<MatchRow>[] = [
  {
    key: "stage",
    header: "Stage",
    width: 210,
    render: ({ stage }) => `${stage}. ${stageTitle(stage)}`,
    text: ({ stage }) => String(stage),
  },
  { key: "type", header: "Type", width: 84, render: ({ matchType }) => matchType, text: ({ matchType }) => matchType },
  {
    key: "confidence",
    header: "Confidence",
    width: 96,
    align: "right",
    render: ({ confidence }) => `${(confidence * 100).toFixed(0)} %`,
    text: ({ confidence }) => String(confidence),
  },
  {
    key: "items",
    header: "Items",
    width: 70,
    align: "right",
    render: ({ items }) => items.toLocaleString("en-US"),
    text: ({ items }) => String(items),
  },
  {
    key: "internal",
    header: "Our books",
    width: 140,
    align: "right",
    render: ({ internal }) => <Money amount={internal} />,
    text: ({ internal }) => amountText(internal),
  },
  {
    key: "external",
    header: "Statement",
    width: 140,
    align: "right",
    render: ({ external }) => <Money amount={external} />,
    text: ({ external }) => amountText(external),
  },
  {
    key: "residual",
    header: "Residual",
    width: 120,
    align: "right",
    render: (row) => (row.residualMinor === null ? none : <Money amount={residualOf(row)} />),
    text: (row) => amountText(residualOf(row)),
  },
  {
    key: "reference",
    header: "Reference",
    width: 190,
    render: ({ reference }) => (reference === null ? none : <span className="mono">{reference}</span>),
    text: ({ reference }) => reference ?? "",
  },
  {
    key: "where",
    header: "Account or rail",
    width: 190,
    render: ({ accounts, rail }) => accounts ?? rail ?? none,
    text: ({ accounts, rail }) => accounts ?? rail ?? "",
  },
  {
    key: "evidence",
    header: "Rests upon",
    width: 260,
    render: ({ evidence }) => evidence,
    text: ({ evidence }) => evidence,
  },
  {
    key: "date",
    header: "Complete on",
    width: 110,
    hidden: true,
    render: ({ matchDate }) => matchDate ?? none,
    text: ({ matchDate }) => matchDate ?? "",
  },
  {
    key: "rules",
    header: "Rules",
    width: 180,
    hidden: true,
    render: ({ ruleVersion }) => ruleVersion,
    text: ({ ruleVersion }) => ruleVersion,
  },
];
