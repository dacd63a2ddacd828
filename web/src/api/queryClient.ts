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
