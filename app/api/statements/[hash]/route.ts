import { answerRaw } from "@/server/rest/statements";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** The bytes of a statement file as they came. */
export async function GET(request: Request, { params }: { params: Promise<{ hash: string }> }): Promise<Response> {
  const services = await getServices();
  const person = await services.auth.personOf(request.headers);
  return answerRaw(services, person, request, (await params).hash);
}
