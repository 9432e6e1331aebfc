import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { toTrpcError } from "@/server/trpc/errors";
import { appRouter } from "@/server/trpc/root";
import { createContext } from "@/server/web/context";

export const dynamic = "force-dynamic";

const handle = (request: Request): Promise<Response> =>
  fetchRequestHandler({
    endpoint: "/api/trpc",
    req: request,
    router: appRouter,
    // Before any procedure runs, so its middleware does not see it: who asks is read from Postgres.
    createContext: () =>
      createContext(request.headers).catch((error: unknown) => {
        throw toTrpcError(error);
      }),
  });

export { handle as GET, handle as POST };
