import { notifyManager, type Query, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { Button } from "../ui/Button";
import { formatTime } from "../ui/time";
import styles from "./Unrefreshed.module.css";

/** Says that what a page shows is old, because reading it again failed: since when, why, and the way on. */
export function Unrefreshed() {
  const queries = useQueryClient();
  const cache = queries.getQueryCache();
  // One string, so that it is drawn again only when it says something else.
  const says = useSyncExternalStore((changed) => cache.subscribe(notifyManager.batchCalls(changed)), () => wordsFor(cache.findAll(OLD)));
  return (
    <div role="status">
      {says !== "" && (
        <p className={styles.line}>
          <span>{says}</span>
          <Button look="quiet" onClick={() => void queries.refetchQueries(OLD)}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}

/** What is looked at and could not be read again. A further page of a list that did not come is told where it would stand. */
const OLD = { type: "active", predicate: ({ state }: Query) => state.status === "error" && state.data !== undefined && !state.fetchMeta?.fetchMore } as const;

function wordsFor(queries: Query[]): string {
  const [first] = queries;
  if (!first) return "";
  const since = Math.min(...queries.map(({ state }) => state.dataUpdatedAt));
  return `Not refreshed since ${formatTime(new Date(since).toISOString(), new Date())}. ${first.state.error?.message ?? ""}`;
}
