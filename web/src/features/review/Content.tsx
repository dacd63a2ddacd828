import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";

import { type ReviewItem, stepQuery } from "../../api/reviewItem";
import type { Span } from "../../api/span";
import { conversationOf, type Conversation as Spoken } from "../../domain/conversation";
import type { Message as Said } from "../../domain/message";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { Button } from "../../ui/Button";
import { Conversation, paired } from "../../ui/content/Conversation";
import { ErrorDetails } from "../../ui/content/ErrorDetails";
import { InOrder } from "../../ui/content/InOrder";
import { Folded, JsonView } from "../../ui/content/JsonView";
import { Message, Parts } from "../../ui/content/Message";
import { Text } from "../../ui/content/Text";
import { formatDuration, microsecondsBetween } from "../../ui/duration";
import { ErrorState } from "../../ui/ErrorState";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./Content.module.css";

/** What is judged, in the order of need: question, answer, evidence, history, prompt. `evidence` and `correction` are put in their places. */
export function Content({ review, around, project, correction, evidence }: { review: ReviewItem; around: readonly Span[]; project: string; correction: ReactNode; evidence: ReactNode }) {
  const { item, span, turns, truncated } = review;
  return (
    <>
      {turns.length > 0 && <Turns review={review} project={project} />}
      {turns.length > 0 && (item.trace_count ?? 0) > turns.length && <p className={styles.note}>The first {turns.length} of {item.trace_count?.toLocaleString()} turns. The session shows all.</p>}
      {span === null && turns.length === 0 && <p className={styles.note}>The first span of this {item.target_kind} has not arrived. What is there can be read step by step.</p>}
      {span !== null && <SpanContent span={span} item={item} asked={around.find(({ span_kind }) => span_kind === "LLM")} cut={truncated.length > 0} correction={correction} evidence={evidence} />}
      {span === null && (
        <>
          {correction}
          {evidence}
        </>
      )}
      <p className={styles.more}>{item.trace_id !== null ? <Link to={paths.trace(project, item.trace_id, item.target_kind === "span" ? { span: item.id } : {})}>Open the trace</Link> : <Link to={paths.session(project, item.id)}>Open the session</Link>}</p>
    </>
  );
}

/** A step of the trace, to look at; what is judged stays the item. */
export function StepContent({ spanId, onClose }: { spanId: string; onClose: () => void }) {
  const { data, error, refetch } = useQuery(stepQuery(spanId));
  return (
    <>
      <p className={styles.step}>
        <span>{data ? <bdi>{data.name}</bdi> : "A step"}: you look at one step. Your answers are about the whole.</span>
        <Button onClick={onClose}>Back to the whole</Button>
      </p>
      {error && <ErrorState message={error.message} onRetry={() => void refetch()} />}
      {!error && !data && <Skeleton rows={6} />}
      {data && <SpanContent span={data} cut={false} />}
    </>
  );
}

/** `asked` is the step that asked a model for the answer, which knows the turns and the prompt before it. */
function SpanContent({ span, item, asked, cut, correction, evidence }: { span: Span; item?: ReviewItem["item"]; asked?: Span | undefined; cut: boolean; correction?: ReactNode; evidence?: ReactNode }) {
  const [wanted, setWanted] = useState(false);
  const whole = useQuery({ ...stepQuery(span.context.span_id), enabled: cut && wanted });
  const shown = whole.data ?? span;
  const spoken = useMemo(() => conversationOf(shown), [shown]);
  const model = useMemo(() => (asked ? conversationOf(asked) : null), [asked]);
  return (
    <>
      <ErrorDetails errors={spoken.errors} level="h2" />
      {spoken.question && <Message message={spoken.question} title="Question" level="h2" />}
      <Answers spoken={spoken} note={facts(spoken, shown, item, model)} failed={spoken.errors.length > 0} />
      {cut && !whole.data && (
        <p className={styles.cut}>
          Very long values are cut here.{" "}
          <Button disabled={whole.isFetching} onClick={() => setWanted(true)}>
            Read all of it
          </Button>
          {whole.error && ` ${whole.error.message}`}
        </p>
      )}
      {correction}
      {evidence}
      <History spoken={model && spoken.system.length + spoken.earlier.length === 0 ? { ...spoken, between: model.between, earlier: model.earlier, system: model.system } : spoken} />
    </>
  );
}

function Answers({ spoken: { answer, between }, note, failed }: { spoken: Spoken; note: ReactNode; failed: boolean }) {
  const { results } = useMemo(() => paired(between), [between]);
  if (answer.length === 0) {
    return failed ? null : (
      <section aria-label="Answer" className={styles.section}>
        <h2 className={styles.heading}>Answer</h2>
        <p className={styles.note}>There is none.</p>
      </section>
    );
  }
  return <InOrder of={answer}>{(message, place) => <Message message={message} title={answer.length > 1 ? `Answer ${place + 1}` : "Answer"} note={place === 0 ? note : undefined} level="h2" results={results} look="answer" />}</InOrder>;
}

/** Everything that led there, folded: it is read when it is needed. */
function History({ spoken: { between, earlier, system, tools, candidates, rawInput, rawOutput, metadata } }: { spoken: Spoken }) {
  return (
    <div className={styles.history}>
      <Turned title="Between question and answer" messages={between} />
      <Turned title="Earlier turns" messages={earlier} />
      <Turned title="System prompt" messages={system} />
      {candidates.length > 0 && (
        <Folded summary={`Documents before reranking (${candidates.length})`}>
          <InOrder of={candidates}>{({ content }) => <Text text={content} look="base" lines={8} />}</InOrder>
        </Folded>
      )}
      {tools.length > 0 && (
        <Folded summary={`Tools (${tools.length})`}>
          <JsonView value={tools} />
        </Folded>
      )}
      {rawInput.length > 0 && (
        <Folded summary="Input as it was sent">
          <Parts parts={rawInput} plain />
        </Folded>
      )}
      {rawOutput.length > 0 && (
        <Folded summary="Output as it came">
          <Parts parts={rawOutput} plain />
        </Folded>
      )}
      {Object.keys(metadata).length > 0 && (
        <Folded summary="Metadata">
          <JsonView value={metadata} />
        </Folded>
      )}
    </div>
  );
}

function Turned({ title, messages }: { title: string; messages: readonly Said[] }) {
  if (messages.length === 0) return null;
  return (
    <Folded summary={`${title} (${messages.length})`}>
      <Conversation messages={messages} />
    </Folded>
  );
}

function Turns({ review: { turns }, project }: { review: ReviewItem; project: string }) {
  return (
    <ol className={styles.turns}>
      {turns.map((turn, place) => (
        <li key={turn.trace_id} className={styles.turn}>
          <h2 className={styles.heading}>
            <Link to={paths.trace(project, turn.trace_id)}>Turn {place + 1}</Link>
            <span className={styles.facts}>
              {turn.name} · {formatDuration(turn.latency_ms * 1000)}
              {turn.status_code === "ERROR" && " · ✕ error"}
            </span>
          </h2>
          {turn.input !== null && (
            <div className={styles.asked}>
              <Text text={turn.input} />
            </div>
          )}
          <div className={styles.answered}>{turn.output === null ? <p className={styles.note}>No answer.</p> : <Text text={turn.output} />}</div>
        </li>
      ))}
    </ol>
  );
}

/** Model, time and tokens; of a trace what its steps took together. */
function facts({ model, tokens }: Spoken, { start_time, end_time }: Span, item?: ReviewItem["item"], asked?: Spoken | null): string {
  const total = tokens.total ?? item?.total_tokens ?? null;
  return [model ?? item?.model ?? asked?.model, formatDuration(microsecondsBetween(start_time, end_time)), total === null ? null : `${total.toLocaleString()} tokens`].filter(Boolean).join(" · ");
}
