import { checkParts } from "@/server/console/health";
import { knownError } from "@/server/trpc/errors";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

const NO_STORE = { "cache-control": "no-store" };

/** For load balancers and the supervisor: 200 where every part answers, 503 with the parts that do not. */
export async function GET(): Promise<Response> {
  try {
    const parts = await checkParts(await getServices());
    const ok = parts.every((part) => part.ok);
    return Response.json({ status: ok ? "ok" : "degraded", parts }, { status: ok ? 200 : 503, headers: NO_STORE });
  } catch (error) {
    const known = knownError(error);
    const { code, message, remedy } = known ?? { code: "internal", message: "The server cannot start.", remedy: null };
    return Response.json({ status: "down", code, message, remedy, parts: [] }, { status: 503, headers: NO_STORE });
  }
}
