"use client";

import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { z } from "zod";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { Time } from "@/components/ui/time";
import type { BreakDetail } from "@/server/indexes/reconciliation/contract";
import { Fact } from "../../_components/fact";
import classes from "../../_components/reconciliation.module.css";
import { useRefreshReconciliation } from "../../_components/use-refresh";

const CHARS_MAX = 4_000;

interface CommentsProps {
  readonly breakId: string;
  readonly comments: z.infer<typeof BreakDetail>["comments"];
  readonly writes: boolean;
}

/** What colleagues wrote, and a place to write. */
export function Comments({ breakId, comments, writes }: CommentsProps) {
  return (
    <Fact title="Comments">
      {comments.length === 0 && <p className={classes.line}>Nobody has written anything yet.</p>}
      {comments.map(({ id, authorName, text, at }) => (
        <div key={id} className={classes.note}>
          <div className={classes.when}>
            {authorName}, <Time at={at} />
          </div>
          {text}
        </div>
      ))}
      {writes && <Write breakId={breakId} />}
    </Fact>
  );
}

function Write({ breakId }: { breakId: string }) {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const [text, setText] = useState("");
  const comment = useMutation(
    trpc.reconciliation.comment.mutationOptions({
      onSuccess: async () => {
        setText("");
        await refresh();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") comment.mutate({ breakId, text });
  };
  return (
    <form onSubmit={submit}>
      <Textarea
        aria-label="A comment for colleagues"
        placeholder="Write a comment"
        size="xs"
        mt="xs"
        autosize
        minRows={2}
        maxLength={CHARS_MAX}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={comment.error === null ? undefined : faultOf(comment.error).message}
      />
      <Button type="submit" variant="default" mt={6} loading={comment.isPending} disabled={text.trim() === ""}>
        Add the comment
      </Button>
    </form>
  );
}
