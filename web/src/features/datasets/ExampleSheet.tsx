import type { Example } from "../../api/dataset";
import { CopyButton } from "../../ui/content/CopyButton";
import { JsonView } from "../../ui/content/JsonView";
import { Dialog } from "../../ui/Dialog";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./ExampleSheet.module.css";
import { SpanLink } from "./ExampleTable";

/** One example whole, beside the table. */
export function ExampleSheet({ example: { id, input, output, metadata, splits, source, updated_at }, onClose }: { example: Example; onClose: () => void }) {
  const parts = [
    ["Input", input],
    ["Expected output", output],
    ["Metadata", metadata],
  ] as const;
  return (
    <Dialog title="Example" place="side" onClose={onClose}>
      <div className={styles.sheet}>
        <p className={styles.facts}>
          <span>
            Id <code>{id}</code>
          </span>
          <span>
            changed <Timestamp iso={updated_at} />
          </span>
          {splits.length > 0 && <span>in {splits.join(", ")}</span>}
          {source !== null && (source.span_node_id === null ? <span>Its span is not stored any more.</span> : <SpanLink id={source.span_id} />)}
        </p>
        {parts.map(([title, value]) => (
          <section key={title} aria-label={title}>
            <header className={styles.head}>
              <h3 className={styles.title}>{title}</h3>
              <CopyButton text={() => JSON.stringify(value, null, 2)} label={`${title.toLowerCase()} as JSON`} />
            </header>
            <JsonView value={value} />
          </section>
        ))}
      </div>
    </Dialog>
  );
}
