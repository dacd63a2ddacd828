import { type ReactNode, useId, useState } from "react";

import { type Message as Said, type Part, plainTextOf, type ToolCall } from "../../domain/message";
import styles from "./content.module.css";
import { CopyButton } from "./CopyButton";
import { InOrder } from "./InOrder";
import { JsonView } from "./JsonView";
import { looksLikeMarkdown } from "./passages";
import { Media, Picture } from "./Picture";
import { Text } from "./Text";

const ROLES: Readonly<Record<string, string>> = { user: "User", assistant: "Assistant", system: "System", tool: "Tool", function: "Tool" };

/**
 * What somebody said: text (as Markdown when it looks like it, with a switch to plain), pictures, values, tool calls.
 * `title` stands in the place of the role; `note` beside it; `results` are what tools answered, by the id of their call.
 */
export function Message({
  message,
  title,
  note,
  level = "h3",
  results,
  look = "plain",
}: {
  message: Said;
  title?: string | undefined;
  note?: ReactNode;
  level?: "h2" | "h3" | "h4";
  results?: ReadonlyMap<string, Said> | undefined;
  look?: "plain" | "answer";
}) {
  const heading = useId();
  const [plain, setPlain] = useState(false);
  const markdown = message.parts.some((part) => part.type === "text" && looksLikeMarkdown(part.text));
  const name = title ?? ROLES[message.role] ?? message.role;
  const Heading = level;
  return (
    <div role="group" aria-labelledby={heading} className={styles.message} data-role={message.role}>
      <header className={styles.head}>
        <Heading id={heading} className={level === "h2" ? styles.title : styles.role}>
          {name}
          {message.name && <span className={styles.note}> {message.name}</span>}
        </Heading>
        {note && <span className={styles.note}>{note}</span>}
        <span className={styles.tools}>
          {markdown && (
            <button type="button" className={styles.tool} aria-pressed={plain} onClick={() => setPlain(!plain)}>
              Plain text
            </button>
          )}
          <CopyButton text={() => plainTextOf(message)} label={name.toLowerCase()} />
        </span>
      </header>
      <div className={look === "answer" ? styles.answer : styles.said}>
        <Parts parts={message.parts} plain={plain} />
        <InOrder of={message.toolCalls}>{(call) => <Call call={call} result={call.id === null ? undefined : results?.get(call.id)} />}</InOrder>
        {message.parts.length === 0 && message.toolCalls.length === 0 && <p className={styles.note}>Nothing was said.</p>}
      </div>
    </div>
  );
}

/** Pieces of a message, one below the other. */
export function Parts({ parts, plain = false }: { parts: readonly Part[]; plain?: boolean }) {
  return <InOrder of={parts}>{(part) => <OnePart part={part} plain={plain} />}</InOrder>;
}

function OnePart({ part, plain }: { part: Part; plain: boolean }) {
  switch (part.type) {
    case "text":
      return <Text text={part.text} markdown={!plain && looksLikeMarkdown(part.text)} />;
    case "reasoning":
      return (
        <details className={styles.reasoning}>
          <summary className={styles.summary}>Reasoning</summary>
          <Text text={part.text} look="base" />
        </details>
      );
    case "json":
      return <JsonView value={part.value} />;
    case "image":
      return <Picture url={part.url} name={part.name} />;
    default:
      return (
        <>
          <Media kind={part.type} url={part.url} name={part.name} />
          {part.text !== null && <Text text={part.text} />}
        </>
      );
  }
}

function Call({ call, result }: { call: ToolCall; result: Said | undefined }) {
  const given = call.arguments;
  return (
    <div className={styles.call}>
      <p className={styles.callName}>
        <span className={styles.note}>calls</span> <code>{call.name}</code>
      </p>
      {given !== null && given !== undefined && given !== "" && (typeof given === "string" ? <Text text={given} look="code" /> : <JsonView value={given} />)}
      {result && (
        <div className={styles.result}>
          <p className={styles.note}>answered</p>
          <Parts parts={result.parts} />
        </div>
      )}
    </div>
  );
}
