import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

/**
 * What the server says has changed: versions by topic, `projects`, `rubrics`, `spans:{project id}`,
 * `annotations:{project id}`, and `server`. One connection for the tab, none while it is hidden: browsers allow six to
 * one server, over all tabs.
 */
type Versions = Readonly<Record<string, number>>;

let versions: Versions = {};
let source: EventSource | null = null;
const listeners = new Set<() => void>();

/** The version of a topic; 0 until the server told one. It moves whenever something of the topic changed. */
export function useTopic(topic: string): number {
  return useSyncExternalStore(listen, () => versions[topic] ?? 0);
}

/** Call when a topic moves, but not for what was so already when the component came. */
export function useOnTopic(topic: string, changed: () => void): void {
  useOnTopics([topic], changed);
}

/** The same for several topics: called once, however many of them moved together. */
export function useOnTopics(topics: readonly string[], changed: () => void): void {
  const onChange = useEffectEvent(changed);
  const joined = topics.join("\n");
  useEffect(() => {
    let seen: string | null = null;
    const check = () => {
      if (!("server" in versions)) return; // nothing was told yet
      const now = joined.split("\n").map((topic) => versions[topic] ?? 0).join();
      if (seen !== null && now !== seen) onChange();
      seen = now;
    };
    check();
    return listen(check);
  }, [joined]);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  attend();
  return () => {
    listeners.delete(listener);
    attend();
  };
}

/** Connected exactly while somebody listens and somebody looks. */
function attend(): void {
  const wanted = listeners.size > 0 && document.visibilityState === "visible";
  if (wanted && source === null) {
    source = new EventSource("/v1/events");
    source.addEventListener("topics", ({ data }: MessageEvent<string>) => {
      versions = { ...versions, ...(JSON.parse(data) as Versions) };
      for (const listener of listeners) listener();
    });
  } else if (!wanted && source !== null) {
    source.close();
    source = null;
  }
}

if (typeof document !== "undefined") document.addEventListener("visibilitychange", attend);
