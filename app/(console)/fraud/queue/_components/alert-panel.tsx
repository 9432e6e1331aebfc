"use client";

import { Button, Menu } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { traceHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { Kbd } from "@/components/ui/kbd";
import { Money } from "@/components/ui/money";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { AlertDetail, AlertRow, Verdict } from "@/server/indexes/fraud/contract";
import { ruleTitle, ruleWhy, STATUS_TONES, STATUS_WORDS, severityTone, severityWord } from "../../_components/words";
import { Blacklisted, Context, Linked, Reasons, Signals, Steps, Timeline } from "./alert-facts";
import { Notes } from "./alert-notes";
import classes from "./alert-panel.module.css";
import { SnoozeDialog } from "./snooze-dialog";

export interface AlertPanelProps {
  readonly alertId: string;
  readonly writes: boolean;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly onOpen: (alertId: string) => void;
  readonly onDecide: (row: AlertRow, verdict: Verdict) => void;
  readonly onGive: (row: AlertRow, assignee: string | null) => void;
  readonly onNext: () => void;
}

/** Everything needed to decide one alert, beside the list. */
export function AlertPanel(props: AlertPanelProps) {
  const trpc = useTRPC();
  const query = useQuery(trpc.fraud.alert.queryOptions({ alertId: props.alertId }));
  return (
    <aside className={classes.panel} aria-label="Alert">
      <QueryBoundary query={query} skeletonRows={12}>
        {(detail) => <Opened detail={detail} {...props} />}
      </QueryBoundary>
      {query.data === undefined && (
        <button type="button" className={classes.close} aria-label="Close the panel" onClick={props.onClose}>
          <IconX size={16} aria-hidden />
        </button>
      )}
    </aside>
  );
}

function Opened({ detail, ...props }: AlertPanelProps & { detail: AlertDetail }) {
  const { alert } = detail;
  return (
    <>
      <header className={classes.head}>
        <div className={classes.badges}>
          <StatusBadge tone={severityTone(alert.severity)}>{severityWord(alert.severity)}</StatusBadge>
          <StatusBadge tone={STATUS_TONES[alert.status]}>{STATUS_WORDS[alert.status]}</StatusBadge>
          <span className="dim">{alert.assigneeName ?? "nobody"}</span>
          <button type="button" className={classes.close} aria-label="Close the panel" onClick={props.onClose}>
            <IconX size={16} aria-hidden />
          </button>
        </div>
        <h2 className={classes.title}>{ruleTitle(alert.rule)}</h2>
        <div className={classes.amount}>
          <Money amount={alert.amount} />
        </div>
        <p className={classes.line}>
          {alert.paymentType ?? "Payment"} of <Time at={alert.eventTime} />, detected{" "}
          <Time at={alert.detectedAt} short />
        </p>
        {alert.coordinates !== null && (
          <Link href={traceHref(alert.coordinates)} className={classes.line}>
            Trace to the source record
          </Link>
        )}
      </header>
      {props.writes && <Verbs detail={detail} {...props} />}
      <div className={classes.facts}>
        <Reasons alert={alert} why={ruleWhy(alert.rule)} />
        <Blacklisted rows={detail.blacklist} />
        <Context detail={detail} />
        <Steps detail={detail} />
        <Signals signals={detail.signals} />
        <Linked rows={detail.linked} onOpen={props.onOpen} />
        <Timeline entries={detail.timeline} onOpen={props.onOpen} />
        <Notes alertId={alert.alertId} notes={detail.notes} writes={props.writes} />
      </div>
    </>
  );
}

function Verbs({ detail, busy, onDecide, onGive, onNext }: AlertPanelProps & { detail: AlertDetail }) {
  const { alert, snooze } = detail;
  const [snoozing, setSnoozing] = useState(false);
  return (
    <div className={classes.verbs}>
      <Button
        color="red.8"
        disabled={busy || alert.status === "confirmed"}
        onClick={() => onDecide(alert, "confirmed")}
      >
        Confirm <Key>c</Key>
      </Button>
      <Button
        variant="default"
        disabled={busy || alert.status === "false_positive"}
        onClick={() => onDecide(alert, "false_positive")}
      >
        False positive <Key>f</Key>
      </Button>
      <Button variant="default" disabled={busy} onClick={() => onGive(alert, "me")}>
        Assign to me <Key>a</Key>
      </Button>
      <Button variant="default" onClick={onNext}>
        Next <Key>n</Key>
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="subtle" color="gray">
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={busy} onClick={() => onDecide(alert, "inconclusive")}>
            Inconclusive (i)
          </Menu.Item>
          <Menu.Item disabled={busy} onClick={() => onGive(alert, null)}>
            Back to the queue
          </Menu.Item>
          <Menu.Item onClick={() => setSnoozing(true)}>
            {snooze === null ? "Snooze this rule for this entity" : "Change or end the snooze"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SnoozeDialog alert={alert} snooze={snooze} opened={snoozing} onClose={() => setSnoozing(false)} />
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
