import type { SpanError } from "../../domain/conversation";
import styles from "./content.module.css";
import { CopyButton } from "./CopyButton";
import { InOrder } from "./InOrder";
import { Folded } from "./JsonView";
import { Text } from "./Text";

/** What went wrong in a span, with the stack where there is one. */
export function ErrorDetails({ errors, level = "h3" }: { errors: readonly SpanError[]; level?: "h2" | "h3" }) {
  return <InOrder of={errors}>{(error, place) => <OneError error={error} Heading={level} open={place === 0} />}</InOrder>;
}

function OneError({ error: { type, message, stack }, Heading, open }: { error: SpanError; Heading: "h2" | "h3"; open: boolean }) {
  return (
    <section className={styles.error} aria-label={type ?? "Error"}>
      <header className={styles.head}>
        <Heading className={styles.role}>
          <span className={styles.bad} aria-hidden="true">
            ✕
          </span>{" "}
          {type ?? "Error"}
        </Heading>
        <span className={styles.tools}>
          <CopyButton text={stack ?? message} label="error" />
        </span>
      </header>
      <Text text={withoutType(message, type)} look="base" lines={12} />
      {stack !== null && (
        <Folded summary="Stack" open={open}>
          <Text text={stack.trimEnd()} look="code" lines={60} />
        </Folded>
      )}
    </section>
  );
}

/** Many libraries write the type before the message, where it stands already. */
function withoutType(message: string, type: string | null): string {
  return type !== null && message.startsWith(`${type}: `) ? message.slice(type.length + 2) : message;
}
