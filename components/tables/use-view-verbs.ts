"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import type { ChangeViewCommand, SaveViewCommand } from "@/server/console/views-contract";

interface Done {
  readonly onSaved: (id: string) => void;
  readonly onRemoved: (id: string) => void;
}

/** What a person can do with the views of a table. */
export function useViewVerbs(table: string, { onSaved, onRemoved }: Done) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const onSuccess = () => queryClient.invalidateQueries(trpc.views.list.queryFilter({ table }));
  const save = useMutation(trpc.views.save.mutationOptions({ onSuccess }));
  const change = useMutation(trpc.views.change.mutationOptions({ onSuccess }));
  const remove = useMutation(trpc.views.remove.mutationOptions({ onSuccess }));
  const chosen = useMutation(trpc.views.chooseDefault.mutationOptions({ onSuccess }));
  return {
    busy: save.isPending || change.isPending,
    error: save.error ?? change.error ?? remove.error ?? chosen.error,
    save: (command: SaveViewCommand) => save.mutate(command, { onSuccess: ({ id }) => onSaved(id) }),
    change: (command: ChangeViewCommand, then: () => void) => change.mutate(command, { onSuccess: then }),
    remove: (id: string) => remove.mutate({ id }, { onSuccess: () => onRemoved(id) }),
    chooseDefault: (id: string | null) => chosen.mutate({ table, id }),
  };
}
