import type { ExampleMapping, ExamplesResult, PreviewedExample } from "../../api/dataset";
import { exampleText } from "../../domain/exampleText";
import { Folded, JsonView } from "../../ui/content/JsonView";
import styles from "./DatasetSheet.module.css";
import { missingFrom } from "./mapping";

const STATUS = { added: "new", changed: "there already, will be brought up to date", unchanged: "there already, the same" } as const;

/** The first examples as they would be written by a mapping, and what cannot become one. */
export function ExamplePreview({ result: { examples, left_out }, mapping, stale }: { result: ExamplesResult; mapping: ExampleMapping; stale: boolean }) {
  return (
    <section aria-labelledby="example-preview" aria-busy={stale} className={styles.preview}>
      <h3 id="example-preview" className={styles.title}>
        {examples.length === 0 ? "None of the first becomes an example" : "The first of them become"}
      </h3>
      {(mapping.input ?? mapping.output ?? mapping.metadata ?? null) === null && (
        <p className={styles.note}>The kind of a span says what is taken: the messages of a model, the documents of a retriever, else its input and output; with them its metadata.</p>
      )}
      {examples.map((example) => (
        <Card key={example.span_id} example={example} mapping={mapping} />
      ))}
      {left_out.map(({ reason, count }) => (
        <p key={reason} className={styles.note}>
          {count.toLocaleString()} of the first left out: {reason}
        </p>
      ))}
    </section>
  );
}

type Fields = Record<string, string> | null | undefined;

function Card({ example: { input, output, metadata, status, corrected }, mapping }: { example: PreviewedExample; mapping: ExampleMapping }) {
  // A corrected answer takes the place of all fields, and nothing was wanted of an output that is not expected.
  const outputFields = corrected || mapping.expected_output === "none" ? null : mapping.output;
  return (
    <article className={styles.card}>
      <p className={styles.note}>
        Example: {STATUS[status]}
        {corrected && ", with a corrected answer"}
      </p>
      <dl className={styles.fields}>
        <dt>Input</dt>
        <Value value={input} fields={mapping.input} />
        <dt>Expected output</dt>
        <Value value={output} fields={outputFields} />
        <dt>Metadata</dt>
        <dd>{Object.keys(metadata).join(", ") || "–"}</dd>
        <Missing value={metadata} fields={mapping.metadata} />
      </dl>
      <Folded summary="Exactly as it is written">
        <JsonView value={{ input, output, metadata }} />
      </Folded>
    </article>
  );
}

/** What a part says: each chosen field after its name, else the whole in short. */
function Value({ value, fields }: { value: Record<string, unknown>; fields: Fields }) {
  return (
    <>
      {fields && Object.keys(value).length > 0 ? (
        Object.entries(value).map(([name, one]) => (
          <dd key={name} dir="auto">
            <strong>{name}</strong> {exampleText({ [name]: one })}
          </dd>
        ))
      ) : (
        <dd dir="auto">{exampleText(value) || "–"}</dd>
      )}
      <Missing value={value} fields={fields} />
    </>
  );
}

function Missing({ value, fields }: { value: Record<string, unknown>; fields: Fields }) {
  return missingFrom(fields, value).map(([field, attribute]) => (
    <dd key={field} className={styles.missing}>
      <strong>{field}</strong> is left out: the span has no <code>{attribute}</code>
    </dd>
  ));
}
