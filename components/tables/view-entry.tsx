"use client";

import { IconCheck, IconPin, IconPinFilled, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { SavedView } from "@/server/console/views-contract";
import classes from "./view-menu.module.css";

export interface ViewEntryProps {
  /** Left out: the table as it was made. */
  readonly view?: SavedView;
  /** It is the one on the page. */
  readonly here: boolean;
  readonly isDefault: boolean;
  readonly onOpen: () => void;
  readonly onDefault: () => void;
  /** Left out where this person may not remove it. */
  readonly onRemove?: (() => void) | undefined;
}

/** One view of the list; removing is asked for twice. */
export function ViewEntry({ view, here, isDefault, onOpen, onDefault, onRemove }: ViewEntryProps) {
  const [sure, setSure] = useState(false);
  const name = view?.name ?? "As it was made";
  const Pin = isDefault ? IconPinFilled : IconPin;
  return (
    <li className={classes.entry} data-here={here}>
      <button
        type="button"
        className={classes.name}
        aria-current={here ? "true" : undefined}
        onClick={onOpen}
        title={name}
      >
        <span className={classes.mark}>{here && <IconCheck size={14} aria-hidden />}</span>
        <span className={classes.words}>
          <span className={classes.title}>{name}</span>
          {view !== undefined && sharingText(view) !== null && (
            <span className={classes.sharing}>{sharingText(view)}</span>
          )}
        </span>
      </button>
      <button
        type="button"
        className={classes.verb}
        aria-pressed={isDefault}
        aria-label={`${name}: opens by default`}
        title="Opens by default"
        onClick={onDefault}
      >
        <Pin size={15} aria-hidden />
      </button>
      {onRemove !== undefined && (
        <button
          type="button"
          className={classes.verb}
          data-sure={sure}
          aria-label={sure ? `Remove ${name} for good` : `Remove ${name}`}
          title={view?.sharedWith === null ? "Remove" : "Remove for everybody it is shared with"}
          onBlur={() => setSure(false)}
          onClick={() => (sure ? onRemove() : setSure(true))}
        >
          {sure ? "Remove?" : <IconTrash size={15} aria-hidden />}
        </button>
      )}
    </li>
  );
}

function sharingText({ sharedWith, own, owner }: SavedView): string | null {
  if (sharedWith === null) return own ? null : `by ${owner}`;
  const role = sharedWith.replaceAll("_", " ");
  return own ? `shared with ${role}` : `${owner}, for ${role}`;
}
