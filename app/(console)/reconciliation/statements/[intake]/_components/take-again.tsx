"use client";

import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import classes from "../../_components/statements.module.css";

const ASK_EVERY_MS = 500;

/** Judges the kept bytes of a refused file anew, by what is said of a source now; then opens what became of it. */
export function TakeAgain({ intake }: { readonly intake: number }) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const router = useRouter();
  const [source, setSource] = useState("");
  const limits = useQuery(trpc.statements.limits.queryOptions());
  const take = useMutation({
    mutationFn: async () => {
      const { ticket } = await api.statements.takeAgain.mutate({ intake, source: source === "" ? null : source });
      for (;;) {
        const answer = await api.statements.ticket.query({ ticket });
        if (answer.state !== "waiting") return answer;
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      }
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: trpc.statements.pathKey() });
      if (answer.state === "taken") router.push(`/reconciliation/statements/${answer.intake}`);
    },
  });
  if (limits.data?.mayDeliver !== true) return null;
  const failed =
    take.data?.state === "failed" ? take.data.message : take.error === null ? null : faultOf(take.error).message;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        take.mutate();
      }}
      className={classes.again}
    >
      {limits.data.sources.length > 0 && (
        <NativeSelect
          size="xs"
          label="Read it by the settings of"
          value={source}
          onChange={({ currentTarget }) => setSource(currentTarget.value)}
          data={[{ value: "", label: "what the file says" }, ...limits.data.sources]}
        />
      )}
      <Button type="submit" size="compact-sm" variant="default" loading={take.isPending}>
        Take again
      </Button>
      {failed !== null && <span role="alert">{failed}</span>}
    </form>
  );
}
