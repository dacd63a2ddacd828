import { memo, useId } from "react";

import type { Turn } from "../../api/session";
import { type Annotation, compared, NOTE } from "../../domain/annotation";
import { said } from "../../domain/message";
import { type Rubric, standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { AnswerStrip } from "../../ui/AnswerStrip";
import { Button } from "../../ui/Button";
import { Message } from "../../ui/content/Message";
import { formatDuration } from "../../ui/duration";
import { SpanStatus } from "../../ui/SpanStatus";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./SessionPage.module.css";

type Props = {
  turn: Turn;
  /** From 1. */
  place: number;
  address: string;
  /** What is said of the trace and of its root span. */
  answers: readonly Annotation[];
  rubrics: ReadonlyMap<string, Rubric>;
  me: string | null;
  open: boolean;
  onAnnotate: (trace: string) => void;
};

/** One turn: what the user said, what came back, and what is said of it. A session has hundreds: only what changed is drawn again. */
export const TurnCard = memo(function TurnCard({ turn, place, address, answers, rubrics, me, open, onAnnotate }: Props) {
  const heading = useId();
  const shown = compared(answers.filter(({ name, result }) => name !== NOTE && (result?.label ?? result?.score ?? null) !== null));
  const names = [...new Set(shown.map(({ name }) => name))];
  return (
    <article aria-labelledby={heading} className={open ? `${styles.turn} ${styles.chosen}` : styles.turn}>
      <header className={styles.head}>
        <h2 id={heading} className={styles.title}>
          Turn {place}
        </h2>
        <span className={styles.facts}>
          <Timestamp iso={turn.start_time} />
          <span>{formatDuration(turn.latency_ms * 1000)}</span>
          {turn.status_code === "ERROR" && <SpanStatus code="ERROR" message="" />}
          <Link className={styles.link} to={paths.trace(address, turn.trace_id)}>
            Open the trace<span className="spoken"> of turn {place}</span>
          </Link>
        </span>
        <span className={styles.tools}>
          <Button look="quiet" aria-expanded={open} aria-label={`Annotate turn ${place}`} onClick={() => onAnnotate(turn.trace_id)}>
            Annotate
          </Button>
        </span>
      </header>
      <div className={styles.words}>
        {turn.input !== null && (
          <div className={styles.user}>
            <Message message={said("user", { type: "text", text: turn.input })} />
          </div>
        )}
        {turn.output === null ? (
          <p className={styles.note}>{turn.status_code === "ERROR" ? "No answer: the turn ended with an error." : "No answer was recorded."}</p>
        ) : (
          <Message message={said("assistant", { type: "text", text: turn.output })} look="answer" />
        )}
      </div>
      {names.length > 0 && (
        <dl className={styles.answers}>
          {names.map((name) => (
            <div key={name} className={styles.answer}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <AnswerStrip answers={shown.filter((annotation) => annotation.name === name)} standing={(label) => standingOf(rubrics.get(name), label)} me={me} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
});
