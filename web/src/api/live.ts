import { useEffect, useEffectEvent, useRef } from "react";

/**
 * What the server says has changed: versions by topic, `projects`, `rubrics`, `spans:{project id}`,
 * `annotations:{project id}`, and `server`. One connection for the tab, none while it is hidden: browsers allow six to
 * one server, over all tabs. All versions are taken from one counter.
 */
type Versions = Readonly<Record<string, number>>;

let versions: Versions = {};
let source: EventSource | null = null;
/** The version that the oldest answer of before the first event is not older than. */
let oldestRead: number | null = null;
const listeners = new Set<() => void>();

/** Something was read; its answer says that it is not older than `version`. */
export function readAt(version: number): void {
  if (!told() && version > 0) oldestRead = Math.min(oldestRead ?? version, version);
}

/** Call when a topic moves. What it moved to before the component came is left out: the component reads what is so then. */
export function useOnTopic(topic: string, changed: () => void): void {
  useOnTopics([topic], changed);
}

/** The same for several topics: called once, however many of them moved together, and when the server was started anew. */
export function useOnTopics(topics: readonly string[], changed: () => void): void {
  const onChange = useEffectEvent(changed);
  const joined = ["server", ...topics].join("\n");
  const seen = useRef<number | null>(null);
  useEffect(() => {
    if (told()) seen.current ??= newest(Object.keys(versions));
    const check = () => {
      if (!told()) return;
      const now = newest(joined.split("\n"));
      const before = seen.current ?? oldestRead ?? newest(Object.keys(versions)); // nothing was read: all reads come after it
      seen.current = Math.max(before, now);
      if (now > before) onChange();
    };
    check();
    return listen(check);
  }, [joined]);
}

function told(): boolean {
  return "server" in versions;
}

function newest(topics: readonly string[]): number {
  return Math.max(...topics.map((topic) => versions[topic] ?? 0));
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
