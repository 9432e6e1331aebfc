"use client";

import { Button, Group, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { z } from "zod";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import type { MatchDetail } from "@/server/indexes/reconciliation/contract";
import type { CloseChoice } from "../../_components/close-picker";
import { DecisionList } from "../../_components/decision-list";
import { Fact } from "../../_components/fact";
import { ItemName } from "../../_components/item-name";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";
import { useRefreshReconciliation } from "../../_components/use-refresh";
import { kindTitle, stageTitle } from "../../_components/words";

const REASON_CHARS_MIN = 3;

interface MatchPanelProps {
  readonly matchId: string;
  readonly close: CloseChoice;
  readonly writes: boolean;
  readonly onClose: () => void;
}

/** The members of a match, what it rests upon, and the way to take it apart. */
export function MatchPanel(props: MatchPanelProps) {
  const trpc = useTRPC();
  const { matchId, close } = props;
  const query = useQuery(trpc.reconciliation.match.queryOptions({ matchId, close }));
  return (
    <aside className={classes.panel} aria-label="Match">
      <QueryBoundary query={query} skeletonRows={10}>
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

function Opened({ detail, writes, onClose }: MatchPanelProps & { detail: z.infer<typeof MatchDetail> }) {
  const { match, items, findings, decisions } = detail;
  const decided = decisions.some(
    ({ kind, state }) => kind === "unmatch" && (state === "pending" || state === "approved"),
  );
  return (
    <>
      <header className={classes.head}>
        <div className={classes.badges}>
          <StatusBadge tone="good">{match.matchType}</StatusBadge>
          <span className="dim">{(match.confidence * 100).toFixed(0)} % sure</span>
          <CloseButton onClose={onClose} />
        </div>
        <h2 className={classes.title}>{stageTitle(match.stage)}</h2>
        <p className={classes.line}>
          {match.evidence}. Rules {match.ruleVersion}.
        </p>
      </header>
      <Scroll label="What is known of the match" fill>
        <Fact title={`Members (${match.items})`}>
          {items.map((item) => (
            <div key={item.rowKey} className={classes.entry}>
              <div className={classes.entryWords}>
                <ItemName item={item} />
              </div>
            </div>
          ))}
          {match.items > items.length && <p className={classes.line}>and {match.items - items.length} more</p>}
        </Fact>
        {findings.length > 0 && (
          <Fact title="Found about it">
            {findings.map(({ kind, internalValue, externalValue }) => (
              <p key={kind} className={classes.line}>
                {kindTitle(kind)}: {internalValue ?? "none"} expected, {externalValue ?? "none"} found
              </p>
            ))}
          </Fact>
        )}
        <DecisionList decisions={decisions} writes={writes} />
        {writes && match.decisionId === null && match.stage > 0 && !decided && <TakeApart matchId={match.matchId} />}
      </Scroll>
    </>
  );
}

function TakeApart({ matchId }: { matchId: string }) {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const [reason, setReason] = useState("");
  const unmatch = useMutation(
    trpc.reconciliation.unmatch.mutationOptions({
      onSuccess: async ({ waiting }) => {
        notifications.show({
          title: waiting > 0 ? "Waits for a second person" : "Taken apart",
          message: waiting > 0 ? "Its value is above the limit." : "The next run tells its items as breaks.",
        });
        await refresh();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    unmatch.mutate({ matchId, reason });
  };
  return (
    <Fact title="Take it apart">
      <p className={classes.line}>
        Its items become breaks with the next run and are no more put together by rule: a person decides what they
        belong to.
      </p>
      <form onSubmit={submit}>
        <TextInput
          label="Why"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={unmatch.error === null ? undefined : faultOf(unmatch.error).message}
        />
        <Group mt={6}>
          <Button
            type="submit"
            variant="default"
            loading={unmatch.isPending}
            disabled={reason.trim().length < REASON_CHARS_MIN}
          >
            Take apart
          </Button>
        </Group>
      </form>
    </Fact>
  );
}
