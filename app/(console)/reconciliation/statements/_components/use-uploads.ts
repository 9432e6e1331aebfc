"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import type { TicketAnswer } from "@/server/indexes/reconciliation/contract-statements";

const AT_ONCE = 2;
const ASK_EVERY_MS = 500;
const KEPT_IN = "concordance-statement-uploads";
const KEPT_MAX = 50;

/** One file on its way. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly sent: number;
  readonly phase: "queued" | "sending" | "waiting" | "done" | "failed" | "cancelled";
  readonly ticket: string | null;
  readonly answer: Extract<TicketAnswer, { state: "taken" }> | null;
  /** Why it is not known what became of it, or will not be. */
  readonly fault: string | null;
}

export interface Uploads {
  readonly list: readonly Upload[];
  add(files: readonly File[], source: string | null): void;
  cancel(id: string): void;
  /** Takes those that have ended off the list. */
  clear(): void;
}

const ENDED: ReadonlySet<Upload["phase"]> = new Set(["done", "failed", "cancelled"]);
export const hasEnded = ({ phase }: Upload): boolean => ENDED.has(phase);

/** Sends files one after the other, tells how far each is, and what became of it; what waits survives a reload. */
export function useUploads(bytesMax: number): Uploads {
  const [list, setList] = useState<readonly Upload[]>([]);
  const queue = useRef(new Map<string, { file: File; source: string | null }>());
  const requests = useRef(new Map<string, XMLHttpRequest>());
  const change = (id: string, facts: Partial<Upload>) =>
    setList((known) => known.map((upload) => (upload.id === id ? { ...upload, ...facts } : upload)));
  useKept(list, setList);
  useAnswers(list, change);
  const sending = list.filter(({ phase }) => phase === "sending").length;
  const next = list.find(({ id, phase }) => phase === "queued" && queue.current.has(id));
  const nextId = next?.id ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one is sent when a place is free, whatever else changes.
  useEffect(() => {
    if (nextId === null || sending >= AT_ONCE) return;
    const given = queue.current.get(nextId);
    if (given === undefined) return;
    queue.current.delete(nextId);
    change(nextId, { phase: "sending" });
    requests.current.set(
      nextId,
      send(given.file, given.source, (facts) => change(nextId, facts)),
    );
  }, [nextId, sending]);
  return {
    list,
    add: (files, source) => {
      const added = files.map((file): Upload => {
        const id = crypto.randomUUID();
        const tooLarge = file.size > bytesMax;
        if (!tooLarge) queue.current.set(id, { file, source });
        const fault = tooLarge ? "Larger than the limit. Have the bank split the file." : null;
        const facts = { id, name: file.name, bytes: file.size, sent: 0, ticket: null, answer: null, fault };
        return { ...facts, phase: tooLarge ? "failed" : "queued" };
      });
      setList((known) => [...added, ...known]);
    },
    cancel: (id) => {
      queue.current.delete(id);
      requests.current.get(id)?.abort();
      change(id, { phase: "cancelled" });
    },
    clear: () => setList((known) => known.filter((upload) => !hasEnded(upload))),
  };
}

function send(file: File, source: string | null, tell: (facts: Partial<Upload>) => void): XMLHttpRequest {
  const request = new XMLHttpRequest();
  const parameters = new URLSearchParams({ name: file.name, ...(source === null ? {} : { source }) });
  request.open("POST", `/api/statements?${parameters}`);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded }) => tell({ sent: loaded });
  request.onload = () => {
    const { response, status } = request;
    if (status < 300) return tell({ phase: "waiting", sent: file.size, ticket: response?.ticket ?? null });
    tell({
      phase: "failed",
      fault: [response?.message, response?.remedy].filter(Boolean).join(" ") || `Status ${status}`,
    });
  };
  request.onerror = () =>
    tell({ phase: "failed", fault: "The connection broke off; nothing of the file was taken. Send it again." });
  request.setRequestHeader("content-type", "application/octet-stream");
  request.send(file);
  return request;
}

/** Asks what became of each file that is sent; when one is known, the lists of the page are asked for again. */
function useAnswers(list: readonly Upload[], change: (id: string, facts: Partial<Upload>) => void): void {
  const trpc = useTRPC();
  const client = useQueryClient();
  const waiting = list.filter(({ phase }) => phase === "waiting");
  const wanted = waiting.map(({ id }) => id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew only when another file waits.
  useEffect(() => {
    if (waiting.length === 0) return;
    let asking = false;
    const timer = setInterval(async () => {
      if (asking) return;
      asking = true;
      for (const { id, ticket } of waiting) {
        if (ticket === null) continue;
        try {
          const answer = await client.fetchQuery(trpc.statements.ticket.queryOptions({ ticket }, { staleTime: 0 }));
          if (answer.state === "waiting") continue;
          change(
            id,
            answer.state === "taken"
              ? { phase: "done", answer }
              : { phase: "failed", fault: [answer.message, answer.remedy].filter(Boolean).join(" ") },
          );
          void client.invalidateQueries({ queryKey: trpc.statements.files.pathKey() });
        } catch {
          // Asked again at the next turn: the file is on the server, whatever becomes of this connection.
        }
      }
      asking = false;
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [wanted]);
}

/** What is sent and what became of it stays for this tab, also over a reload. */
function useKept(list: readonly Upload[], restore: (list: readonly Upload[]) => void): void {
  const read = useRef(false);
  useEffect(() => {
    if (!read.current) {
      read.current = true;
      const kept: Upload[] = JSON.parse(sessionStorage.getItem(KEPT_IN) ?? "[]");
      if (kept.length > 0) restore(kept);
      return;
    }
    const sent = list.filter(({ phase }) => phase === "waiting" || phase === "done");
    sessionStorage.setItem(KEPT_IN, JSON.stringify(sent.slice(0, KEPT_MAX)));
  }, [list, restore]);
}
