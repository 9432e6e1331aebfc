"use client";

import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconArrowRight, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { iconOfPath } from "@/components/console/icons";
import { kindWords } from "@/components/console/search-kinds";
import { useTRPC } from "@/components/trpc/client";
import type { Me } from "@/server/console/contract";

const TYPED_MS = 150;
const LOOK_UP_CHARS_MIN = 2;

export interface PaletteAction {
  readonly label: string;
  readonly detail: string;
  readonly run: () => void;
}

export interface PaletteProps {
  readonly me: Me | null;
  readonly actions: readonly PaletteAction[];
  readonly onClose: () => void;
}

/** Pages, actions and the look-up of any identifier, in one field. */
export default function Palette({ me, actions, onClose }: PaletteProps) {
  const [query, setQuery] = useState("");
  const router = useRouter();
  const wanted = query.trim();
  const matches = (...words: string[]) => words.join(" ").toLowerCase().includes(wanted.toLowerCase());
  const pages = (me?.pages ?? []).filter(({ title, section }) => matches(section, title));
  const verbs = actions.filter(({ label, detail }) => matches(label, detail));
  useEffect(() => {
    spotlight.open();
  }, []);
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      clearQueryOnClose
      scrollable
      maxHeight={440}
      shadow="none"
      transitionProps={{ duration: 80 }}
    >
      <Spotlight.Search
        placeholder="A page, an action, or any id: transaction, alert, merchant, user, source/partition/offset"
        aria-label="Look up any id, or go to"
        leftSection={<IconSearch size={16} aria-hidden />}
      />
      <Spotlight.ActionsList>
        <Found wanted={wanted} onOpen={(href) => router.push(href)} />
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label="Pages">
            {pages.map(({ path, title, section }) => {
              const Icon = iconOfPath(path);
              return (
                <Spotlight.Action
                  key={path}
                  label={section === title ? title : `${section}: ${title}`}
                  leftSection={<Icon size={16} aria-hidden />}
                  onClick={() => router.push(path)}
                />
              );
            })}
          </Spotlight.ActionsGroup>
        )}
        {verbs.length > 0 && (
          <Spotlight.ActionsGroup label="Actions">
            {verbs.map(({ label, detail, run }) => (
              <Spotlight.Action key={label} label={label} description={detail} onClick={run} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {wanted.length >= LOOK_UP_CHARS_MIN && (
          <Spotlight.ActionsGroup label="Search">
            <Spotlight.Action
              label={`Everything that carries “${wanted}”`}
              leftSection={<IconArrowRight size={16} aria-hidden />}
              onClick={() => router.push(`/search?q=${encodeURIComponent(wanted)}`)}
            />
          </Spotlight.ActionsGroup>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** What carries exactly this identifier. */
function Found({ wanted, onOpen }: { wanted: string; onOpen: (href: string) => void }) {
  const trpc = useTRPC();
  const [text] = useDebouncedValue(wanted, TYPED_MS);
  const { data } = useQuery(
    trpc.search.find.queryOptions(
      { text },
      { enabled: text.length >= LOOK_UP_CHARS_MIN, placeholderData: keepPreviousData },
    ),
  );
  if (wanted.length < LOOK_UP_CHARS_MIN || data === undefined || data.hits.length === 0) return null;
  return (
    <Spotlight.ActionsGroup label="Found">
      {data.hits.map((hit) => (
        <Spotlight.Action
          key={`${hit.kind}/${hit.id}/${hit.href}`}
          label={hit.title}
          description={`${kindWords(hit.kind)} · ${hit.detail}`}
          onClick={() => onOpen(hit.href)}
        />
      ))}
    </Spotlight.ActionsGroup>
  );
}
