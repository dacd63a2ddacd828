import { createContext, use } from "react";

import type { Params } from "./match";

/** Set by whoever chooses the page. */
export const ParamsContext = createContext<Params>({});

/** What stands in the address for the names in the page's pattern. */
export function useParams(): Partial<Params> {
  return use(ParamsContext);
}
