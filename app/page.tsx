import { redirect } from "next/navigation";
import { contextOfRequest } from "@/app/_server/trpc";
import { createCaller } from "@/server/trpc/root";

/** The first page is the one the person works in. */
export default async function Home() {
  const context = await contextOfRequest();
  if (context.person === null) redirect("/sign-in");
  redirect((await createCaller(context).session.me()).home);
}
