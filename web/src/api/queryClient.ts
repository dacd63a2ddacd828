import { QueryClient } from "@tanstack/react-query";

import { ApiFailure } from "./failure";

/** How this application asks: fresh on return to the window, once again if the fault may pass, never against a clear no. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 1 && error instanceof ApiFailure && error.passing,
        networkMode: "always", // the server is on this machine or in this house: "offline" says nothing about it
      },
    },
  });
}

/** How long to wait before asking again for something that is not there yet. */
export const WAIT_MS = 2000;

/** Ask again for as long as the list is empty. */
export function whileEmpty({ state }: { state: { data: { data: unknown[] } | undefined } }): number | false {
  return state.data?.data.length === 0 && WAIT_MS;
}
