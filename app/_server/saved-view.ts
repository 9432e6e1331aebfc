import "server-only";
import { redirect } from "next/navigation";
import { viewHref } from "@/components/tables/view-address";
import { listViews } from "@/server/console/views";
import { contextOfRequest } from "./trpc";

type Given = Readonly<Record<string, string | string[] | undefined>>;

/** An address that says nothing opens the person's default view of the table. Where it cannot be read, the table opens as it was made. */
export async function openDefaultView(table: string, path: string, searchParams: Promise<Given>): Promise<void> {
  if (Object.keys(await searchParams).length > 0) return;
  const { services, person } = await contextOfRequest();
  if (person === null) return;
  const listed = await listViews(services.database.db, person, table).catch(() => null);
  const chosen = listed?.views.find(({ isDefault }) => isDefault);
  if (chosen !== undefined) redirect(viewHref(path, chosen));
}
