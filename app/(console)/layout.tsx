import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { contextOfRequest, HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { Shell } from "@/components/console/shell";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { person } = await contextOfRequest();
  if (person === null) {
    const path = (await headers()).get("x-concordance-path") ?? "/";
    redirect(`/sign-in?expired=1&next=${encodeURIComponent(path)}`);
  }
  await Promise.all([prefetch(trpc.session.me.queryOptions()), prefetch(trpc.freshness.get.queryOptions())]);
  return (
    <HydrateClient>
      <Shell>{children}</Shell>
    </HydrateClient>
  );
}
