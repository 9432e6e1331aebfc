"use client";

import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { Time } from "@/components/ui/time";
import { useDraft } from "@/components/ui/use-draft";
import type { CaseNote } from "@/server/indexes/fraud/contract";
import classes from "./alert-panel.module.css";
import { Fact } from "./fact";

const NOTE_CHARS_MAX = 4_000;

/** What colleagues wrote, and a place to write. */
export function Notes({ alertId, notes, writes }: { alertId: string; notes: readonly CaseNote[]; writes: boolean }) {
  return (
    <Fact title="Notes">
      {notes.length === 0 && <p className={classes.words}>Nobody has written anything yet.</p>}
      {notes.map((note) => (
        <div key={note.id} className={classes.note}>
          <div className={classes.when}>
            {note.authorName}, <Time at={note.at} />
          </div>
          {note.text}
        </div>
      ))}
      {writes && <WriteNote alertId={alertId} />}
    </Fact>
  );
}

function WriteNote({ alertId }: { alertId: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [text, setText] = useDraft(`note.${alertId}`);
  const note = useMutation(
    trpc.fraud.note.mutationOptions({
      onSuccess: async () => {
        setText("");
        await queryClient.invalidateQueries(trpc.fraud.alert.pathFilter());
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") note.mutate({ alertId, text });
  };
  return (
    <form onSubmit={submit}>
      <Textarea
        aria-label="A note for colleagues"
        placeholder="Write a note"
        size="xs"
        mt="xs"
        autosize
        minRows={2}
        maxLength={NOTE_CHARS_MAX}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={note.error === null ? undefined : faultOf(note.error).message}
      />
      <Button type="submit" variant="default" mt={6} loading={note.isPending} disabled={text.trim() === ""}>
        Add the note
      </Button>
    </form>
  );
}
