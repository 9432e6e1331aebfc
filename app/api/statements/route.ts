import { answerUpload } from "@/server/rest/statements";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** The upload of the Statements page: the body is the file, `?name=&source=`. Answers with a ticket. */
export async function POST(request: Request): Promise<Response> {
  const services = await getServices();
  const person = await services.auth.personOf(request.headers);
  return answerUpload(services, person, request, services.statements);
}
