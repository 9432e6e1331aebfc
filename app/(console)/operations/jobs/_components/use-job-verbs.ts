"use client";

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import type { StartRunsCommand } from "@/server/indexes/ops/contract-jobs";

const SHOWN_MS = 6_000;
/** What may be left out has its default on the server. */
export type StartRuns = Pick<StartRunsCommand, "index" | "from" | "to" | "mode"> & Partial<StartRunsCommand>;

/** The verbs of the jobs page; each tells what became of it and reads the page again. */
export function useJobVerbs() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const settled = () => queryClient.invalidateQueries(trpc.ops.pathFilter());
  const onError = (error: unknown) => {
    const { message, remedy, code } = faultOf(error);
    notifications.show({ color: "red.8", title: message, message: remedy ?? `Code ${code}`, autoClose: SHOWN_MS });
  };
  const start = useMutation(trpc.ops.startRuns.mutationOptions({ onError, onSettled: settled }));
  const commit = useMutation(trpc.ops.commitRun.mutationOptions({ onError, onSettled: settled }));
  const cancel = useMutation(trpc.ops.cancelRun.mutationOptions({ onError, onSettled: settled }));
  return {
    busy: start.isPending || commit.isPending || cancel.isPending,
    /** The ids of the runs that were queued; empty where none could be. */
    start: async (command: StartRuns): Promise<readonly string[]> => {
      const answer = await start.mutateAsync(command).catch(() => null);
      if (answer === null) return [];
      const { started, open } = answer;
      if (started.length > 1 || open.length > 0) {
        notifications.show({
          title: `${started.length} runs queued`,
          message: open.length === 0 ? "The oldest date goes first." : `${open.length} dates are under way already.`,
          autoClose: SHOWN_MS,
        });
      }
      return started.map(({ id }) => id);
    },
    commit: async (runId: string, reason: string): Promise<string | null> => {
      const answer = await commit.mutateAsync({ runId, reason }).catch(() => null);
      return answer?.started[0]?.id ?? null;
    },
    cancel: (runId: string) => cancel.mutate({ runId }),
  };
}
export type JobVerbs = ReturnType<typeof useJobVerbs>;
