import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { FilePage } from "./_components/file-page";

export const metadata: Metadata = { title: "Statement file" };

export default async function Page({ params }: { readonly params: Promise<{ intake: string }> }) {
  const { intake } = await params;
  if (!/^\d{1,12}$/.test(intake)) notFound();
  await prefetch(trpc.statements.file.queryOptions({ intake: Number(intake) }));
  return (
    <HydrateClient>
      <FilePage intake={Number(intake)} />
    </HydrateClient>
  );
}
