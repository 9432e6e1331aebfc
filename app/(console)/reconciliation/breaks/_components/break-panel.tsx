"use client";

import { Button, Menu } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import type { z } from "zod";
import { useTRPC } from "@/components/trpc/client";
import { Kbd } from "@/components/ui/kbd";
import { Money } from "@/components/ui/money";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { BreakDetail } from "@/server/indexes/reconciliation/contract";
import type { CloseChoice } from "../../_components/close-picker";
import { hrefIn } from "../../_components/close-state";
import { DecisionList } from "../../_components/decision-list";
import { Fact } from "../../_components/fact";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";
import { Waterfall } from "../../_components/waterfall";
import { kindTitle, kindWhy, STATUS_TONES, STATUS_WORDS } from "../../_components/words";
import { Candidates, Closes, Sides } from "./break-facts";
import { Comments } from "./comments";
import type { AskedDecision } from "./decide-dialog";
import { SnoozeDialog } from "./snooze-dialog";

type Detail = z.infer<typeof BreakDetail>;

export interface BreakPanelProps {
  readonly breakId: string;
  readonly close: CloseChoice;
  readonly writes: boolean;
  readonly onClose: () => void;
  readonly onAsk: (asked: AskedDecision) => void;
  readonly onAssign: (breakIds: readonly string[], assignee: string | null) => void;
}

/** Everything needed to decide one break, beside the list. */
export function BreakPanel(props: BreakPanelProps) {
  const trpc = useTRPC();
  const { breakId, close } = props;
  const query = useQuery(trpc.reconciliation.break.queryOptions({ breakId, close }));
  return (
    <aside className={classes.panel} aria-label="Break">
      <QueryBoundary query={query} skeletonRows={12}>
        {(detail) => <Opened detail={detail} {...props} />}
      </QueryBoundary>
      {query.data === undefined && <CloseButton onClose={props.onClose} />}
    </aside>
  );
}

function CloseButton({ onClose }: { onClose: () => void }) {
  return (
    <button type="button" className={classes.close} aria-label="Close the panel" onClick={onClose}>
      <IconX size={16} aria-hidden />
    </button>
  );
}

function Opened({ detail, ...props }: BreakPanelProps & { detail: Detail }) {
  const { summary } = detail;
  const { differenceMinor, currency, exponent } = summary;
  const difference =
    differenceMinor === null || currency === null || exponent === null
      ? (summary.internal ?? summary.external)
      : { amountMinor: differenceMinor, currency, exponent };
  return (
    <>
      <header className={classes.head}>
        <div className={classes.badges}>
          <StatusBadge tone={STATUS_TONES[summary.status]}>{STATUS_WORDS[summary.status]}</StatusBadge>
          <span className="dim">{summary.assigneeName ?? "nobody"}</span>
          <CloseButton onClose={props.onClose} />
        </div>
        <h2 className={classes.title}>{kindTitle(summary.kind)}</h2>
        <div className={classes.amount}>
          <Money amount={difference} />
        </div>
        <p className={classes.line}>{kindWhy(summary.kind)}</p>
        <p className={classes.line}>
          {ageText(summary.ageBusinessDays)}
          {summary.expectedBy !== null && (
            <>
              , expected by <Time at={summary.expectedBy} short />
            </>
          )}
          {detail.evidence !== null && `, ${detail.evidence}`}
        </p>
      </header>
      {props.writes && <Verbs detail={detail} {...props} />}
      <Scroll label="What is known of the break" fill>
        <Sides detail={detail} />
        <Candidates detail={detail} writes={props.writes} onAsk={props.onAsk} />
        {detail.waterfall !== null && (
          <Fact title="The payout it belongs to">
            <Waterfall row={detail.waterfall} />
            <p className={classes.line}>
              <Link
                href={hrefIn(props.close, "payouts", {
                  payout: detail.waterfall.key,
                  q: detail.waterfall.payoutKey ?? "",
                })}
              >
                Open the payout
              </Link>
            </p>
          </Fact>
        )}
        <DecisionList decisions={detail.decisions} writes={props.writes} />
        <Closes detail={detail} />
        <Comments breakId={summary.breakId} comments={detail.comments} writes={props.writes} />
        <Fact title="Made by">
          <p className={classes.line}>
            Rules {detail.ruleVersion}, close of {detail.close.businessDate}, version {detail.close.version}
          </p>
        </Fact>
      </Scroll>
    </>
  );
}

const ageText = (age: number | null): string => {
  if (age === null) return "Its age is not counted";
  return age === 0 ? "New today" : `${age.toLocaleString("en-US")} business ${age === 1 ? "day" : "days"} old`;
};

function Verbs({ detail, onAsk, onAssign }: BreakPanelProps & { detail: Detail }) {
  const { breakId, itemKeys, status, kind, items } = detail.summary;
  const [snoozing, setSnoozing] = useState(false);
  const decided = status === "decided" || status === "waiting";
  const ask = (asked: AskedDecision["kind"]) => onAsk({ kind: asked, groups: [{ breakId, itemKeys: [...itemKeys] }] });
  const finding = ["fee_variance", "fx_rate", "late", "control_total"].includes(kind);
  return (
    <div className={classes.verbs}>
      <Button disabled={decided} onClick={() => ask("write_off")}>
        {finding ? "Accept" : "Write off"} <Key>w</Key>
      </Button>
      {!finding && items > 1 && (
        <Button variant="default" disabled={decided} onClick={() => ask("force_match")}>
          Force match <Key>f</Key>
        </Button>
      )}
      <Button variant="default" onClick={() => onAssign([breakId], "me")}>
        Assign to me <Key>a</Key>
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="subtle" color="gray">
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onAssign([breakId], null)}>Back to nobody</Menu.Item>
          <Menu.Item onClick={() => setSnoozing(true)}>Snooze</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {snoozing && <SnoozeDialog breakIds={[breakId]} onClose={() => setSnoozing(false)} />}
    </div>
  );
}

function Key({ children }: { children: string }) {
  return (
    <span className={classes.key} aria-hidden>
      <Kbd>{children}</Kbd>
    </span>
  );
}
