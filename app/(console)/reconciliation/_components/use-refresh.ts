"use client";

import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";

const SHOWN_MS = 7_000;

/** Reads everything of the section again: a decision shows in the list, the day, the inbox and the panel. */
export function useRefreshReconciliation(): () => Promise<void> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries(trpc.reconciliation.pathFilter());
}

export function tellFault(error: unknown): void {
  const { message, remedy, code } = faultOf(error);
  notifications.show({ color: "red.8", title: message, message: remedy ?? `Code ${code}`, autoClose: SHOWN_MS });
}
