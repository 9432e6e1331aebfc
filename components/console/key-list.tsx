"use client";

import { Modal } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { OVERVIEW_KEY } from "@/components/console/navigation";
import { keysInView, onKeysChange, type PageKey } from "@/components/console/use-page-keys";
import { Kbd } from "@/components/ui/kbd";
import type { Me } from "@/server/console/contract";
import classes from "./key-list.module.css";

const NO_KEYS: readonly PageKey[] = [];

const EVERYWHERE: readonly { readonly keys: readonly string[]; readonly label: string }[] = [
  { keys: ["mod", "K"], label: "Go anywhere, look up any id" },
  { keys: ["/"], label: "To the filter of the page" },
  { keys: ["?"], label: "This list" },
];

export interface KeyListProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly me: Me | null;
}

/** Every key that works now. */
export default function KeyList({ opened, onClose, me }: KeyListProps) {
  const page = useSyncExternalStore(onKeysChange, keysInView, () => NO_KEYS);
  const places = [{ title: "Overview", key: OVERVIEW_KEY }, ...(me?.indexes ?? [])];
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg">
      <div className={classes.columns}>
        <KeyGroup title="This page" empty="This page has no keys of its own.">
          {page.map(({ key, label }) => (
            <KeyRow key={key} keys={key.split("+")} label={label} />
          ))}
        </KeyGroup>
        <KeyGroup title="Everywhere">
          {EVERYWHERE.map(({ keys, label }) => (
            <KeyRow key={label} keys={keys} label={label} />
          ))}
          {places.map(({ title, key }) => (
            <KeyRow key={title} keys={["g", key]} label={title} />
          ))}
        </KeyGroup>
      </div>
    </Modal>
  );
}

interface KeyGroupProps {
  readonly title: string;
  readonly empty?: string;
  readonly children: React.ReactNode[] | React.ReactNode;
}

function KeyGroup({ title, empty, children }: KeyGroupProps) {
  return (
    <section>
      <h3 className={classes.title}>{title}</h3>
      {Array.isArray(children) && children.length === 0 ? (
        <p className={classes.empty}>{empty}</p>
      ) : (
        <dl className={classes.list}>{children}</dl>
      )}
    </section>
  );
}

function KeyRow({ keys, label }: { keys: readonly string[]; label: string }) {
  return (
    <div className={classes.row}>
      <dt>
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dt>
      <dd>{label}</dd>
    </div>
  );
}
