import { useMemo } from "react";

import type { Message as Said } from "../../domain/message";
import styles from "./content.module.css";
import { InOrder } from "./InOrder";
import { Message } from "./Message";

/** Messages in their order. What a tool answered stands with the call that asked for it. */
export function Conversation({ messages, level = "h3" }: { messages: readonly Said[]; level?: "h3" | "h4" }) {
  const { results, shown } = useMemo(() => paired(messages), [messages]);
  return (
    <ol className={styles.conversation}>
      <InOrder of={shown}>
        {(message) => (
          <li>
            <Message message={message} results={results} level={level} />
          </li>
        )}
      </InOrder>
    </ol>
  );
}

/** Results by the id of their call, and the messages without those results. */
export function paired(messages: readonly Said[]): { results: Map<string, Said>; shown: Said[] } {
  const calls = new Set(messages.flatMap(({ toolCalls }) => toolCalls.map(({ id }) => id)));
  const results = new Map<string, Said>();
  const shown = messages.filter((message) => {
    const { callId } = message;
    if (callId === null || !calls.has(callId) || results.has(callId)) return true;
    results.set(callId, message);
    return false;
  });
  return { results, shown };
}
