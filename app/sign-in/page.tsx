import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { contextOfRequest } from "@/app/_server/trpc";
import { SignInForm } from "@/app/sign-in/_components/sign-in-form";
import { nextPath } from "@/app/sign-in/next-path";
import { type DemoSignIns, readDemoSignIns } from "@/server/web/demo";
import { getServices } from "@/server/web/services";

export const metadata: Metadata = { title: "Sign in" };
export const dynamic = "force-dynamic";

interface SignInPageProps {
  readonly searchParams: Promise<{ next?: string | string[]; expired?: string | string[] }>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { next, expired } = await searchParams;
  const target = nextPath(next);
  const { person } = await contextOfRequest();
  if (person !== null) redirect(target);
  return <SignInForm next={target} expired={expired === "1"} demo={await demoHere()} />;
}

async function demoHere(): Promise<DemoSignIns | null> {
  const { settings, log } = await getServices();
  return readDemoSignIns(settings).catch((error: unknown) => {
    log.warn({ err: error }, "the demo sign-ins cannot be listed");
    return null;
  });
}
