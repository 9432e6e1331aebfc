"use client";

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import type { AlertRow, Verdict } from "@/server/indexes/fraud/contract";
import type { SelectionChanged, SelectionCommand } from "@/server/indexes/fraud/contract-selection";
import { STATUS_WORDS } from "../../_components/words";

const SHOWN_MS = 6_000;
const UNDO_MAX = 200;

function changedText({ changed, unchanged, leftAlone }: SelectionChanged) {
  const number = (value: number) => value.toLocaleString("en-US");
  const parts = [
    ...(unchanged === 0 ? [] : [`${number(unchanged)} were so already`]),
    ...(leftAlone === 0 ? [] : [`${number(leftAlone)} left alone: a colleague changed them meanwhile`]),
  ];
  return { title: `${number(changed)} ${changed === 1 ? "case" : "cases"} changed`, message: parts.join(". ") || null };
}

/** What a person can do to cases; every answer of the server is told, with what to do where it refused. */
export function useCaseVerbs() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all([
      queryClient.invalidateQueries(trpc.fraud.queue.pathFilter()),
      queryClient.invalidateQueries(trpc.fraud.alert.pathFilter()),
    ]);
  const onError = (error: unknown): void => {
    const { message, remedy, code } = faultOf(error);
    notifications.show({ color: "red.8", title: message, message: remedy ?? `Code ${code}`, autoClose: SHOWN_MS });
    // Somebody may have been faster: what is shown has to be read again.
    void refresh();
  };
  const verdict = useMutation(trpc.fraud.verdict.mutationOptions({ onError, onSuccess: refresh }));
  const assign = useMutation(trpc.fraud.assign.mutationOptions({ onError, onSuccess: refresh }));

  const selection = useMutation(trpc.fraud.changeSelection.mutationOptions({ onError, onSuccess: refresh }));

  /** Opens the cases again for whom they were with: one call per person. */
  const undo = async (rows: readonly AlertRow[]) => {
    const byPerson = Map.groupBy(rows, ({ assigneeId }) => assigneeId);
    for (const [assignee, group] of byPerson) {
      await assign.mutateAsync({ alertIds: group.map(({ alertId }) => alertId), assignee });
    }
  };
  const told = (title: string, rows: readonly AlertRow[]): void => {
    const id = `verdict-${rows[0]?.alertId ?? ""}`;
    const open = rows.every(({ status }) => status === "new" || status === "assigned");
    notifications.show({
      id,
      title,
      autoClose: SHOWN_MS,
      message:
        open && rows.length <= UNDO_MAX ? (
          <Button
            variant="default"
            size="compact-xs"
            onClick={() => {
              notifications.hide(id);
              void undo(rows);
            }}
          >
            Undo
          </Button>
        ) : null,
    });
  };
  return {
    busy: verdict.isPending || assign.isPending || selection.isPending,
    /** Every case of a query at once. There is no undo: the cases are opened again from their own states. */
    changeAll: async (command: SelectionCommand): Promise<boolean> => {
      try {
        notifications.show({ ...changedText(await selection.mutateAsync(command)), autoClose: SHOWN_MS });
        return true;
      } catch {
        return false;
      }
    },
    decide: async (rows: readonly AlertRow[], given: Verdict, note: string | null = null): Promise<boolean> => {
      const [only] = rows;
      if (only === undefined) return false;
      try {
        const { changed } = await verdict.mutateAsync({
          alertIds: rows.map(({ alertId }) => alertId),
          verdict: given,
          note,
          expectedVersion: rows.length === 1 ? only.caseVersion : null,
        });
        told(`${changed} ${changed === 1 ? "case" : "cases"}: ${STATUS_WORDS[given].toLowerCase()}`, rows);
        return true;
      } catch {
        return false;
      }
    },
    give: async (rows: readonly AlertRow[], assignee: string | null): Promise<boolean> => {
      if (rows.length === 0) return false;
      const alertIds = rows.map(({ alertId }) => alertId);
      return assign.mutateAsync({ alertIds, assignee }).then(
        ({ changed }) => {
          notifications.show({ title: `${changed} assigned`, message: null, autoClose: 2_500 });
          return true;
        },
        () => false,
      );
    },
  };
}
