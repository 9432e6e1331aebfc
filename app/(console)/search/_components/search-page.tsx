"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { kindWords } from "@/components/console/search-kinds";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { SearchHit } from "@/server/console/contract";
import classes from "./search.module.css";

const CHARS_MIN = 2;

/** Everything that carries exactly this identifier, in whatever the roles may read. */
export function SearchPage() {
  const trpc = useTRPC();
  const [q, setQ] = useQueryState("q", parseAsString.withOptions({ history: "push" }));
  const text = q?.trim() ?? "";
  const wanted = text.length >= CHARS_MIN;
  const query = useQuery(trpc.search.find.queryOptions({ text }, { enabled: wanted }));
  return (
    <>
      <PageHeader
        title={wanted ? `Search: ${text}` : "Search"}
        asOf={query.data?.asOf}
        description="Exact ids: payment, event, alert, customer, merchant, counterparty, card token, fraud signal, quarantined record, or source/partition/offset."
        actions={<FilterInput label="Any id" value={q} onChange={(next) => void setQ(next)} width={320} />}
      />
      <Panel flush>
        {wanted ? (
          <QueryBoundary
            query={query}
            empty={({ hits }) =>
              hits.length === 0 ? (
                <EmptyState title={`Nothing carries “${text}”`}>
                  Ids are looked up exactly as written. It may also be in an index your roles do not read.
                </EmptyState>
              ) : null
            }
          >
            {({ hits }) => (
              <ul className={classes.hits}>
                {hits.map((hit) => (
                  <Hit key={`${hit.kind}/${hit.id}/${hit.href}`} hit={hit} />
                ))}
              </ul>
            )}
          </QueryBoundary>
        ) : (
          <EmptyState title="Type an id">At least two characters; the whole id is compared.</EmptyState>
        )}
      </Panel>
    </>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  return (
    <li>
      <Link href={hit.href} className={classes.hit}>
        <StatusBadge tone="neutral">{kindWords(hit.kind)}</StatusBadge>
        <span className={classes.words}>
          <b>{hit.title}</b> <span className="dim">{hit.detail}</span>
        </span>
        <span className={classes.when}>{hit.at !== null && <Time at={hit.at} />}</span>
      </Link>
    </li>
  );
}
