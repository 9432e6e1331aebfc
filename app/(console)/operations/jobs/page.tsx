import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { JobsPage } from "./_components/jobs-page";

export const metadata: Metadata = { title: "Jobs" };

export default async function Page() {
  await prefetch(trpc.ops.jobs.queryOptions({}));
  return (
    <HydrateClient>
      <JobsPage />
    </HydrateClient>
  );
}
