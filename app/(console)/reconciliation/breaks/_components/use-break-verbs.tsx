"use client";

import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { tellFault, useRefreshReconciliation } from "../../_components/use-refresh";

/** What a person does beside deciding; every refusal is told with what to do. */
export function useBreakVerbs() {
  const trpc = useTRPC();
  const refresh = useRefreshReconciliation();
  const onError = (error: unknown): void => {
    tellFault(error);
    void refresh();
  };
  const assign = useMutation(trpc.reconciliation.assign.mutationOptions({ onError, onSuccess: refresh }));
  return {
    busy: assign.isPending,
    assign: (breakIds: readonly string[], assignee: string | null) => {
      if (breakIds.length > 0) assign.mutate({ breakIds: [...breakIds], assignee });
    },
  };
}
