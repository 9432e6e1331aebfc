import { readDemoSignIns } from "@/server/web/demo";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** The sign-ins of the embedded demo; 404 everywhere else. */
export async function GET(): Promise<Response> {
  const signIns = await readDemoSignIns((await getServices()).settings);
  if (signIns === null) return Response.json({ code: "no_demo" }, { status: 404 });
  return Response.json(signIns, { headers: { "cache-control": "no-store" } });
}
