import type { ExamplesResult, PreviewedExample } from "../../api/dataset";
import { exampleText } from "../../domain/exampleText";
import styles from "./DatasetSheet.module.css";

const STATUS = { added: "new", changed: "there already, will be brought up to date", unchanged: "there already, the same" } as const;

/** The first examples as they would be written, and what cannot become one. */
export function ExamplePreview({ result: { examples, left_out }, stale }: { result: ExamplesResult; stale: boolean }) {
  return (
    <section aria-labelledby="example-preview" aria-busy={stale} className={styles.preview}>
      <h3 id="example-preview" className={styles.title}>
        {examples.length === 0 ? "None of the first becomes an example" : "The first of them become"}
      </h3>
      <p className={styles.note}>The kind of a span says what is taken: the messages of a model, the documents of a retriever, else its input and output; with them its metadata.</p>
      {examples.map((example) => (
        <Card key={example.span_id} example={example} />
      ))}
      {left_out.map(({ reason, count }) => (
        <p key={reason} className={styles.note}>
          {count.toLocaleString()} of the first left out: {reason}
        </p>
      ))}
    </section>
  );
}

function Card({ example: { input, output, metadata, status, corrected } }: { example: PreviewedExample }) {
  return (
    <article className={styles.card}>
      <p className={styles.note}>
        Example: {STATUS[status]}
        {corrected && ", with a corrected answer"}
      </p>
      <dl className={styles.fields}>
        <dt>Input</dt>
        <dd dir="auto">{exampleText(input) || "–"}</dd>
        <dt>Expected output</dt>
        <dd dir="auto">{exampleText(output) || "–"}</dd>
        <dt>Metadata</dt>
        <dd>{Object.keys(metadata).join(", ") || "–"}</dd>
      </dl>
    </article>
  );
}
