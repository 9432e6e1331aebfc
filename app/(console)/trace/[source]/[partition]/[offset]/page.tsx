import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { readable } from "@/components/console/places";
import { TracePage } from "./_components/trace-page";

export const metadata: Metadata = { title: "Trace" };

interface TracePageProps {
  readonly params: Promise<{ source: string; partition: string; offset: string }>;
}

const OFFSET = /^\d{1,18}$/;

export default async function Page({ params }: TracePageProps) {
  const { source, partition, offset } = await params;
  if (!OFFSET.test(offset)) notFound();
  const coordinates = { source: readable(source), partition: readable(partition), offset: BigInt(offset) };
  await prefetch(trpc.trace.get.queryOptions(coordinates));
  return (
    <HydrateClient>
      <TracePage coordinates={coordinates} />
    </HydrateClient>
  );
}
