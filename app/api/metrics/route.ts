import { readGauges } from "@/server/console/gauges";
import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

/** Prometheus text format: what this process served, and lag, freshness, balances and heartbeats as they stand. */
export async function GET(): Promise<Response> {
  const services = await getServices();
  services.metrics.setGauges(await readGauges(services));
  const { text, contentType } = await services.metrics.expose();
  return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
}
