import type { RequestContext } from "../trpc/init";
import { getServices } from "./services";

/** Who asks, and what answers: for tRPC over HTTP and for server components alike. */
export async function createContext(headers: Headers): Promise<RequestContext> {
  const services = await getServices();
  return { services, person: await services.auth.personOf(headers) };
}
