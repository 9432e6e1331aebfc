"use client";

import { Button, Group, Modal, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";

export interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly title: string;
  /** What the act will do: count, sum, who must approve, whether it can be undone. */
  readonly consequence: ReactNode;
  readonly confirmLabel: string;
  readonly danger?: boolean;
  /** Has to be typed before the act can be confirmed. */
  readonly requireText?: string;
  readonly busy?: boolean;
  /** False while it is not known yet what the act will do. */
  readonly ready?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Says what an act will do before it is done. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, title, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="md">
      {/* Made anew at each opening, so that what was typed before is gone. */}
      {opened && <ConfirmForm {...props} />}
    </Modal>
  );
}

function ConfirmForm(props: ConfirmDialogProps) {
  const { consequence, confirmLabel, danger, requireText, busy, onConfirm, onClose } = props;
  const [typed, setTyped] = useState("");
  const ready = props.ready !== false && (requireText === undefined || typed.trim() === requireText);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) onConfirm();
  };
  return (
    <form onSubmit={submit}>
      <div>{consequence}</div>
      {requireText !== undefined && (
        <TextInput
          mt="md"
          label={`Type ${requireText} to go on`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          disabled={!ready}
          loading={busy ?? false}
          {...(danger === true ? { color: "red.8" } : {})}
        >
          {confirmLabel}
        </Button>
      </Group>
    </form>
  );
}
