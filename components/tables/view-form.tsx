"use client";

import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Role } from "@/server/indexes/names";
import classes from "./view-menu.module.css";

const NAME_LENGTH_MAX = 80;

export interface ViewFormProps {
  readonly mayShareWith: readonly Role[];
  readonly busy: boolean;
  readonly onSave: (name: string, sharedWith: Role | null) => void;
}

/** Keeps what is on the page under a name. */
export function ViewForm({ mayShareWith, busy, onSave }: ViewFormProps) {
  const [name, setName] = useState("");
  const [sharedWith, setSharedWith] = useState<Role | null>(null);
  const wanted = name.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted !== "") onSave(wanted, sharedWith);
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label="Save filters, sort and columns as"
        placeholder="Name of the view"
        maxLength={NAME_LENGTH_MAX}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div className={classes.last}>
        <NativeSelect
          size="xs"
          aria-label="Who sees it"
          data={[
            { value: "", label: "Only me" },
            ...mayShareWith.map((role) => ({ value: role, label: `Everybody in ${role.replaceAll("_", " ")}` })),
          ]}
          value={sharedWith ?? ""}
          onChange={({ currentTarget: { value } }) =>
            setSharedWith(mayShareWith.find((role) => role === value) ?? null)
          }
        />
        <Button type="submit" size="xs" disabled={wanted === ""} loading={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}
