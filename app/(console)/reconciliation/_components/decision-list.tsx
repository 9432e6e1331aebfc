"use client";

import { Button, Group, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { z } from "zod";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { moneyText } from "@/components/ui/money";
import { StatusBadge, type Tone } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { Decision as DecisionSchema } from "@/server/indexes/reconciliation/contract-decisions";
import { Fact } from "./fact";
import classes from "./reconciliation.module.css";
import { useRefreshReconciliation } from "./use-refresh";
import { countText, DECISION_WORDS } from "./words";

type Decision = z.infer<typeof DecisionSchema>;

const STATES: Readonly<Record<Decision["state"], readonly [tone: Tone, words: string]>> = {
  pending: ["info", "Waits for a second person"],
  approved: ["good", "Made"],
  rejected: ["bad", "Rejected"],
  withdrawn: ["neutral", "Taken back before it was agreed"],
  failed: ["bad", "Overtaken"],
};

/** What was decided about it, by whom and why, newest first. */
export function DecisionList({ decisions, writes }: { decisions: readonly Decision[]; writes: boolean }) {
  if (decisions.length === 0) return null;
  return (
    <Fact title="Decisions">
      {decisions.map((decision, place) => (
        <DecisionEntry
          key={decision.id}
          decision={decision}
          writes={writes}
          revocable={place === 0 && decision.state === "approved" && decision.kind !== "revoke"}
        />
      ))}
    </Fact>
  );
}

interface EntryProps {
  readonly decision: Decision;
  readonly writes: boolean;
  /** It holds, so it can be taken back. */
  readonly revocable?: boolean;
  /** Opens what it is about. */
  readonly onOpen?: () => void;
}

/** One decision with what the person who looks may do about it. */
export function DecisionEntry({ decision, writes, revocable = false, onOpen }: EntryProps) {
  const [asked, setAsked] = useState<Verb | null>(null);
  const [tone, words] = STATES[decision.state];
  const value = decision.value.map((one) => `${moneyText(one)} ${one.currency}`).join(" and ");
  const verbs = writes ? verbsOf(decision, revocable) : [];
  return (
    <div className={classes.note}>
      <div className={classes.badges}>
        <b>{DECISION_WORDS[decision.kind]}</b>
        <StatusBadge tone={tone}>{words}</StatusBadge>
        {value !== "" && <span className="tabular">{value}</span>}
        <span className="dim">{countText(decision.items.length, "item")}</span>
        {onOpen !== undefined && (
          <Button size="compact-xs" variant="subtle" onClick={onOpen}>
            Open the break
          </Button>
        )}
      </div>
      <div>{decision.reason}</div>
      <div className={classes.when}>
        {decision.requestedBy.name}, <Time at={decision.requestedAt} />
        {decision.decidedBy !== null && decision.decidedAt !== null && (
          <>
            {" "}
            · {decision.decidedBy.name}, <Time at={decision.decidedAt} short />
          </>
        )}
        {decision.answer !== null && `: ${decision.answer}`}
      </div>
      {verbs.length > 0 && asked === null && (
        <Group gap={4} mt={4}>
          {verbs.map((verb) => (
            <Button key={verb} size="compact-xs" variant="default" onClick={() => setAsked(verb)}>
              {VERB_WORDS[verb]}
            </Button>
          ))}
        </Group>
      )}
      {decision.state === "pending" && decision.isOwn && (
        <div className={classes.when}>You asked for it: somebody else has to approve.</div>
      )}
      {asked !== null && <AnswerForm decision={decision} verb={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

type Verb = "approve" | "reject" | "withdraw" | "revoke";
const VERB_WORDS: Readonly<Record<Verb, string>> = {
  approve: "Approve",
  reject: "Reject",
  withdraw: "Take the request back",
  revoke: "Take the decision back",
};

function verbsOf({ state, isOwn }: Decision, revocable: boolean): readonly Verb[] {
  if (state === "pending") return isOwn ? ["withdraw"] : ["approve", "reject"];
  return revocable ? ["revoke"] : [];
}

function AnswerForm({ decision, verb, onClose }: { decision: Decision; verb: Verb; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const [reason, setReason] = useState("");
  const done = {
    onSuccess: async () => {
      onClose();
      await refresh();
    },
  };
  const answer = useMutation(trpc.reconciliation.answer.mutationOptions(done));
  const revoke = useMutation(trpc.reconciliation.revoke.mutationOptions(done));
  const { error, isPending } = verb === "revoke" ? revoke : answer;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (verb === "revoke") revoke.mutate({ decisionId: decision.id, reason });
    else answer.mutate({ decisionId: decision.id, answer: verb, reason });
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        mt={4}
        label={`${VERB_WORDS[verb]}: why`}
        required
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={error === null ? undefined : faultOf(error).message}
      />
      <Group gap={4} mt={4}>
        <Button type="submit" size="compact-sm" loading={isPending} disabled={reason.trim().length < 3}>
          {VERB_WORDS[verb]}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
