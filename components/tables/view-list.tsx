"use client";

import { Button, Popover } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { ErrorState } from "@/components/ui/error-state";
import { type OpenedProps, popoverTarget, useOpenedAtOnce } from "@/components/ui/open-later";
import { Skeletons } from "@/components/ui/skeletons";
import type { ArrangedColumns } from "./use-columns";
import type { ViewHere } from "./use-view";
import { useViewVerbs } from "./use-view-verbs";
import { viewHref } from "./view-address";
import { ViewEntry } from "./view-entry";
import { ViewForm } from "./view-form";
import classes from "./view-menu.module.css";

export interface ViewListProps extends OpenedProps {
  readonly table: string;
  readonly here: ViewHere;
  readonly columns: Pick<ArrangedColumns<unknown>, "arrangement" | "changed" | "reset">;
}

/** The views of a table: open one, keep what is seen as one, choose the default; loaded when it is first asked for. */
export default function ViewList({ target, table, here, columns }: ViewListProps) {
  const state = useOpenedAtOnce();
  return (
    <Popover position="bottom-end" width={340} trapFocus withinPortal returnFocus {...state}>
      <Popover.Target>{popoverTarget(target, state)}</Popover.Target>
      <Popover.Dropdown aria-label="Saved views">
        {state.opened && <Views table={table} here={here} columns={columns} onClose={() => state.onChange(false)} />}
      </Popover.Dropdown>
    </Popover>
  );
}

interface ViewsProps extends Omit<ViewListProps, "target"> {
  readonly onClose: () => void;
}

function Views({ table, here, columns, onClose }: ViewsProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const path = usePathname();
  const query = useQuery(trpc.views.list.queryOptions({ table }));
  const open = (view: { id: string; query: string } | null) => {
    onClose();
    router.push(viewHref(path, view));
  };
  const verbs = useViewVerbs(table, {
    onSaved: (id) => {
      // The columns are the view's from now on: the table itself stands as it was made again.
      if (here.id === null) columns.reset();
      onClose();
      router.replace(viewHref(path, { id, query: here.query }));
    },
    onRemoved: (id) => id === here.id && router.replace(viewHref(path, null)),
  });
  const { view } = here;
  const changed = view !== null && (here.changed || columns.changed);
  if (query.data === undefined) {
    return query.error === null ? <Skeletons rows={3} /> : <ErrorState error={query.error} onRetry={query.refetch} />;
  }
  const { views, mayShareWith } = query.data;
  return (
    <div className={classes.views}>
      {here.gone && (
        <p className={classes.gone}>The view of this address was removed, or is no longer shared with you.</p>
      )}
      <ul className={classes.list} aria-label="Views of this table">
        <ViewEntry
          here={here.id === null}
          isDefault={!views.some(({ isDefault }) => isDefault)}
          onOpen={() => open(null)}
          onDefault={() => verbs.chooseDefault(null)}
        />
        {views.map((saved) => (
          <ViewEntry
            key={saved.id}
            view={saved}
            here={saved.id === here.id}
            isDefault={saved.isDefault}
            onOpen={() => open(saved)}
            onDefault={() => verbs.chooseDefault(saved.isDefault ? null : saved.id)}
            onRemove={saved.editable ? () => verbs.remove(saved.id) : undefined}
          />
        ))}
      </ul>
      {changed && view.editable && (
        <div className={classes.change}>
          <Button
            variant="default"
            size="compact-sm"
            loading={verbs.busy}
            onClick={() => {
              verbs.change({ id: view.id, query: here.query, columns: columns.arrangement }, columns.reset);
            }}
          >
            Save the changes to “{view.name}”
          </Button>
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            onClick={() => {
              columns.reset();
              open(view);
            }}
          >
            Back to the view
          </Button>
        </div>
      )}
      {verbs.error !== null && (
        <p className={classes.gone} role="alert">
          {faultOf(verbs.error).message} {faultOf(verbs.error).remedy}
        </p>
      )}
      <ViewForm
        mayShareWith={mayShareWith}
        busy={verbs.busy}
        onSave={(name, sharedWith) =>
          verbs.save({ table, name, sharedWith, query: here.query, columns: columns.arrangement })
        }
      />
    </div>
  );
}
