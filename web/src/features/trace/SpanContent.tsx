import { type ReactNode, useMemo } from "react";

import type { WholeSpan } from "../../api/span";
import type { Step } from "../../api/trace";
import type { Conversation as Told, RetrievedDocument } from "../../domain/conversation";
import type { Fields } from "../../domain/nested";
import { Link } from "../../router/Link";
import { Conversation, paired } from "../../ui/content/Conversation";
import { CopyButton } from "../../ui/content/CopyButton";
import { DocumentCard } from "../../ui/content/DocumentCard";
import { ErrorDetails } from "../../ui/content/ErrorDetails";
import { InOrder } from "../../ui/content/InOrder";
import { Folded, JsonView } from "../../ui/content/JsonView";
import { Message, Parts } from "../../ui/content/Message";
import { Text } from "../../ui/content/Text";
import { counted } from "../../ui/number";
import { Timestamp } from "../../ui/Timestamp";
import { Section } from "./Section";
import styles from "./SpanPane.module.css";

type Props = {
  span: WholeSpan;
  conversation: Told;
  /** Steps below this one that looked for documents. */
  evidence: readonly Step[];
  onStep: (span: string) => void;
  spanPath: (trace: string, span: string) => string;
  /** What stands beside a document. */
  renderJudgement: (document: RetrievedDocument) => ReactNode;
  /** What is said of the span: after the evidence, before the history. */
  children: ReactNode;
};

/** What a span took in and put out, in the order of need: question, answer, evidence, annotations, history, prompt, the rest. */
export function SpanContent({ span, conversation, evidence, onStep, spanPath, renderJudgement, children }: Props) {
  const { question, answer, between, earlier, system, documents, candidates, tools, template, embeddings, parameters, tokens, errors, events, metadata, rawInput, rawOutput } = conversation;
  const [asked, answered] = titlesFor(span.span_kind);
  const { results, shown: onTheWay } = useMemo(() => paired([...between]), [between]);
  return (
    <div className={styles.content}>
      {question && <Message message={question} title={asked} />}
      {errors.length > 0 && <ErrorDetails errors={errors} />}
      <InOrder of={answer}>
        {(message, place) => <Message message={message} title={answer.length > 1 ? `${answered} ${place + 1} of ${answer.length}` : answered} results={results} look="answer" />}
      </InOrder>
      {!question && answer.length === 0 && errors.length === 0 && <p className={styles.note}>This span has neither input nor output. Its attributes are below.</p>}

      {documents.length > 0 && (
        <Section title={span.span_kind === "RERANKER" ? "Documents, reranked" : "Documents"} count={documents.length} open>
          <div className={styles.documents}>
            {documents.map((document) => (
              <DocumentCard key={document.position} document={document}>
                {renderJudgement(document)}
              </DocumentCard>
            ))}
          </div>
        </Section>
      )}
      {documents.length === 0 && evidence.length > 0 && (
        <p className={styles.evidence}>
          <span className={styles.note}>Evidence:</span>
          {evidence.slice(0, 6).map((step) => (
            <button key={step.span_id} type="button" className={styles.step} onClick={() => onStep(step.span_id)}>
              {step.name}
            </button>
          ))}
        </p>
      )}
      {children}

      {onTheWay.length > 0 && (
        <Section title="Between question and answer" count={onTheWay.length} open={onTheWay.length <= 4}>
          <Conversation messages={[...between]} level="h4" />
        </Section>
      )}
      {earlier.length > 0 && (
        <Section title="Earlier turns" count={earlier.length}>
          <Conversation messages={earlier} level="h4" />
        </Section>
      )}
      {system.length > 0 && (
        <Section title="System prompt">
          <Conversation messages={system} level="h4" />
        </Section>
      )}
      {template && (
        <Section title={`Prompt template${template.version === null ? "" : ` v${template.version}`}`}>
          <Text text={template.text} look="base" />
          {template.variables !== null && (
            <Folded summary="Variables">
              <JsonView value={template.variables} />
            </Folded>
          )}
        </Section>
      )}
      {candidates.length > 0 && (
        <Section title="Documents given to the reranker" count={candidates.length}>
          <div className={styles.documents}>
            {candidates.map((document) => (
              <DocumentCard key={document.position} document={document} />
            ))}
          </div>
        </Section>
      )}
      {embeddings.length > 0 && (
        <Section title="Embeddings" count={embeddings.length}>
          <InOrder of={embeddings.slice(0, 50)}>
            {({ text, vector }) => (
              <div className={styles.embedding}>
                {text !== null && <Text text={text} look="base" lines={6} />}
                {vector !== null && <JsonView value={{ vector }} />}
              </div>
            )}
          </InOrder>
          {embeddings.length > 50 && <p className={styles.note}>The first 50 are shown; all are among the attributes.</p>}
        </Section>
      )}
      {tools.length > 0 && (
        <Section title={tools.length === 1 ? "Tool" : "Tools"} count={tools.length > 1 ? tools.length : undefined}>
          <InOrder of={tools}>
            {({ name, description, schema }) => (
              <Folded
                open={tools.length === 1}
                summary={
                  <>
                    <code>{name}</code> <span className={styles.note}>{description}</span>
                  </>
                }
              >
                <JsonView value={schema} />
              </Folded>
            )}
          </InOrder>
        </Section>
      )}
      <FieldsSection title="Parameters" fields={parameters} />
      {Object.keys(tokens.details).length > 0 && <FieldsSection title="Token details" fields={tokens.details} />}
      <FieldsSection title="Metadata" fields={metadata} />
      {rawInput.length > 0 && (
        <Section title="Input as it was sent">
          <Parts parts={rawInput} />
        </Section>
      )}
      {rawOutput.length > 0 && (
        <Section title="Output as it was sent">
          <Parts parts={rawOutput} />
        </Section>
      )}
      {events.length > 0 && (
        <Section title="Events" count={events.length}>
          <InOrder of={events}>
            {({ name, timestamp, attributes }) => (
              <Folded
                summary={
                  <>
                    <bdi>{name}</bdi> <span className={styles.note}>{timestamp && <Timestamp iso={timestamp} />}</span>
                  </>
                }
              >
                <JsonView value={attributes} />
              </Folded>
            )}
          </InOrder>
        </Section>
      )}
      {span.links.length > 0 && (
        <Section title="Links" count={span.links.length} open>
          <ul className={styles.links}>
            {span.links.map(({ trace_id, span_id, attributes }) => (
              <li key={`${trace_id} ${span_id}`}>
                <Link to={spanPath(trace_id, span_id)}>
                  {trace_id === span.context.trace_id ? "Span of this trace" : "Span of another trace"} <code>{span_id}</code>
                </Link>
                {Object.keys(attributes).length > 0 && <JsonView value={attributes} />}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <FieldsSection title="Attributes" fields={span.attributes} />
      <FieldsSection title="Resource" fields={span.resource} />
      <FieldsSection title="Instrumentation scope" fields={span.scope} />
    </div>
  );
}

/** Fields of JSON, folded, with their number and a way to copy all; nothing when there are none. */
function FieldsSection({ title, fields }: { title: string; fields: Fields }) {
  const count = Object.keys(fields).length;
  if (count === 0) return null;
  return (
    <Section title={title} count={count}>
      <div className={styles.copyAll}>
        <span className={styles.note}>{counted(count, "field")}</span>
        <CopyButton text={() => JSON.stringify(fields, null, 2)} label={`${title.toLowerCase()} as JSON`} />
      </div>
      <JsonView value={fields} />
    </Section>
  );
}

/** What input and output are called: people ask models; tools are given arguments. */
function titlesFor(kind: string): [string, string] {
  if (kind === "LLM" || kind === "AGENT" || kind === "CHAIN") return ["Question", "Answer"];
  return kind === "RETRIEVER" || kind === "RERANKER" ? ["Query", "Output"] : ["Input", "Output"];
}
