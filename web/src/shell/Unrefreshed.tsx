import { notifyManager, type Query, type QueryCache, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { Button } from "../ui/Button";
import { formatTime } from "../ui/time";
import styles from "./Unrefreshed.module.css";

/** Says that what a page shows is old, because reading it again failed: since when, why, and the way on. */
export function Unrefreshed() {
  const cache = useQueryClient().getQueryCache();
  // One string, so that it is drawn again only when it says something else.
  const says = useSyncExternalStore((changed) => cache.subscribe(notifyManager.batchCalls(changed)), () => wordsFor(oldOnes(cache)));
  return (
    <div role="status">
      {says !== "" && (
        <p className={styles.line}>
          <span>{says}</span>
          <Button look="quiet" onClick={() => oldOnes(cache).forEach((query) => void query.fetch())}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}

/** What is looked at and could not be read again. A further page of a list that did not come is told where it would stand. */
function oldOnes(cache: QueryCache): Query[] {
  return cache.findAll({ type: "active", predicate: ({ state }) => state.status === "error" && state.data !== undefined && !state.fetchMeta?.fetchMore });
}

function wordsFor(queries: Query[]): string {
  const [first] = queries;
  if (!first) return "";
  const since = Math.min(...queries.map(({ state }) => state.dataUpdatedAt));
  return `Not refreshed since ${formatTime(new Date(since).toISOString(), new Date())}. ${first.state.error?.message ?? ""}`;
}
