import { MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import superjson from "superjson";
import { faultOf } from "@/components/trpc/fault";

const RETRIES_MAX = 2;
/** Data this young is not asked for again when a page is opened, milliseconds. */
const FRESH_MS = 5_000;

/** Like the library's own, and for inputs that hold a bigint, which JSON cannot write. */
const hashKey = (key: QueryKey): string =>
  JSON.stringify(key, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** The cache of one browser tab, or of one request on the server. `onSignedOut` is told once a call finds no session. */
export function makeQueryClient(onSignedOut?: () => void): QueryClient {
  const onError = (error: unknown): void => {
    if (faultOf(error).transport === "UNAUTHORIZED") onSignedOut?.();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        queryKeyHashFn: hashKey,
        retry: (failures, error) => failures < RETRIES_MAX && faultOf(error).passing,
      },
      dehydrate: {
        serializeData: superjson.serialize,
      },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}
