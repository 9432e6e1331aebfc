import { answerExport } from "@/server/console/export";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** The rows of a table of the console as a file: `?view=&format=csv|ndjson|parquet&filter={the table's own query}`. */
export async function GET(request: Request, { params }: { params: Promise<{ index: string }> }): Promise<Response> {
  const services = await getServices();
  const person = await services.auth.personOf(request.headers);
  const { index } = await params;
  return answerExport(services, person, { index, url: request.url, signal: request.signal });
}
