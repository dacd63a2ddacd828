import { QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";

import { ApiFailure, isGone } from "./failure";

/**
 * How this application asks: fresh on return to the window, once again if the fault may pass, never against a clear no. What
 * was read is kept when reading it again fails, but not when it is gone.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isGone(error) && query.state.data !== undefined) query.setState({ data: undefined });
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 1 && error instanceof ApiFailure && error.passing,
        networkMode: "always", // the server is on this machine or in this house: "offline" says nothing about it
      },
    },
  });
}

/**
 * What was read under a key is out of date: read again what is shown. What is being read now may be out of date as well, so
 * it is read once more when it is there; it is not cut off, or a stream of changes would leave nothing to show.
 */
export async function readAgain(queries: QueryClient, queryKey: QueryKey): Promise<void> {
  const underWay = new Set(queries.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" }));
  await queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (underWay.size > 0) await queries.invalidateQueries({ queryKey, predicate: (query) => underWay.has(query) }, { cancelRefetch: false });
}
