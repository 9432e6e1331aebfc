"use client";

import { Button, NativeSelect, Progress } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import Link from "next/link";
import { type DragEvent, useRef, useState } from "react";
import { StatusBadge } from "@/components/ui/status-badge";
import type { StatementLimits } from "@/server/indexes/reconciliation/contract-statements";
import classes from "./statements.module.css";
import { hasEnded, type Upload, useUploads } from "./use-uploads";
import { formatName, newOf, sizeText } from "./words";

/** Takes files by drag and drop or by choice, and tells of each what became of it. */
export function UploadPanel({ limits }: { readonly limits: StatementLimits }) {
  const uploads = useUploads(limits.bytesMax);
  const [source, setSource] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null) => {
    if (files !== null && files.length > 0) uploads.add([...files], source);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <section aria-label="Upload" className={classes.upload}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way, the button beside it the other. */}
      <div
        className={classes.drop}
        data-over={over}
        data-testid="statement-drop"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <IconUpload size={18} stroke={1.6} aria-hidden />
        <span className={classes.dropWords}>
          Drop statement files here: camt.053, MT940, BAI2, NACHA returns, Stripe, Adyen or mapped CSV, up to{" "}
          {sizeText(limits.bytesMax)} each.
        </span>
        {limits.sources.length > 0 && (
          <NativeSelect
            size="xs"
            aria-label="Source whose settings they are read by"
            value={source ?? ""}
            onChange={({ currentTarget }) => setSource(currentTarget.value === "" ? null : currentTarget.value)}
            data={[{ value: "", label: "As the file says" }, ...limits.sources]}
          />
        )}
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Statement files"
          onChange={({ currentTarget }) => {
            take(currentTarget.files);
            currentTarget.value = "";
          }}
        />
        <Button size="compact-sm" variant="default" onClick={() => input.current?.click()}>
          Choose files
        </Button>
      </div>
      {uploads.list.length > 0 && (
        <>
          <ul className={classes.uploads} aria-label="Uploads">
            {uploads.list.map((upload) => (
              <UploadRow key={upload.id} upload={upload} onCancel={() => uploads.cancel(upload.id)} />
            ))}
          </ul>
          {uploads.list.some(hasEnded) && (
            <div className={classes.uploadsFoot}>
              <Button size="compact-xs" variant="subtle" onClick={uploads.clear}>
                Clear the ended ones
              </Button>
            </div>
          )}
        </>
      )}
    </section>
  );
}

function UploadRow({ upload, onCancel }: { readonly upload: Upload; readonly onCancel: () => void }) {
  const { name, bytes, sent, phase, fault } = upload;
  const percent = bytes === 0 ? 100 : Math.floor((sent / bytes) * 100);
  return (
    <li className={classes.uploadRow}>
      <span className={classes.uploadName} title={name}>
        {name}
      </span>
      <span className={classes.uploadState} role="status">
        {phase === "queued" && "waits its turn"}
        {phase === "sending" && (
          <>
            <Progress value={percent} size="sm" className={classes.bar} aria-label={`${name}, sent`} />
            {sizeText(sent)} of {sizeText(bytes)}
          </>
        )}
        {phase === "waiting" && <StatusBadge tone="info">sent, being read</StatusBadge>}
        {phase === "cancelled" && <StatusBadge tone="neutral">cancelled, nothing was taken</StatusBadge>}
        {phase === "failed" && (
          <>
            <StatusBadge tone="bad">not taken</StatusBadge> {fault}
          </>
        )}
        {phase === "done" && upload.answer !== null && <Outcome answer={upload.answer} />}
      </span>
      {(phase === "queued" || phase === "sending") && (
        <Button size="compact-xs" variant="default" onClick={onCancel} aria-label={`Cancel ${name}`}>
          Cancel
        </Button>
      )}
    </li>
  );
}

function Outcome({ answer }: { readonly answer: NonNullable<Upload["answer"]> }) {
  const { intake, outcome, known, format, statements, statementsNew, entries, entriesNew, fault } = answer;
  const link = <Link href={`/reconciliation/statements/${intake}`}>Open</Link>;
  if (known) {
    return (
      <>
        <StatusBadge tone="neutral">known already</StatusBadge> The same bytes were accepted before: nothing is booked
        twice. {link}
      </>
    );
  }
  if (outcome === "refused" && fault !== null) {
    return (
      <>
        <StatusBadge tone="bad">refused</StatusBadge> {fault.what}
        {fault.expected !== null && ` Expected ${fault.expected}, found ${fault.found ?? "nothing"}.`} {fault.remedy}{" "}
        {link}
      </>
    );
  }
  return (
    <>
      <StatusBadge tone="good">accepted</StatusBadge> {formatName(format)}, {newOf(statementsNew, statements)}{" "}
      {statements === 1 ? "statement" : "statements"}, {newOf(entriesNew, entries)}{" "}
      {entries === 1 ? "entry" : "entries"}. {link}
    </>
  );
}
