import { answerRestTicket } from "@/server/rest/statements";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** What became of a delivery. */
export async function GET(request: Request, { params }: { params: Promise<{ ticket: string }> }): Promise<Response> {
  return answerRestTicket(await getServices(), request, (await params).ticket);
}
