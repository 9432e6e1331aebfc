import { answerRestDelivery } from "@/server/rest/statements";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** A machine's delivery: the body is the file, `?name=&source=&wait=`, with `Authorization: Bearer <API key>`. */
export async function POST(request: Request): Promise<Response> {
  const services = await getServices();
  return answerRestDelivery(services, request, services.statements);
}
