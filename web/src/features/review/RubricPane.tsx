import { type ReactNode, useEffect, useRef } from "react";

import { FLAG, NOTE, SKIP } from "../../domain/annotation";
import { choicesOf } from "../../domain/answer";
import { Button } from "../../ui/Button";
import { KeyHint } from "../../ui/KeyHint";
import { RubricForm } from "../../ui/RubricForm";
import { PLACES } from "./ids";
import styles from "./RubricPane.module.css";
import { answerIn, type Entry, type Event, mineOf, reasonFor, reasonIn, type Session } from "./session";
import { Writing } from "./Writing";

type Props = { session: Session; entry: Entry; noting: boolean; onNote: () => void; onDone: () => void; send: (event: Event) => void; problem: string | null; children: ReactNode };

/** My answers to the item on the screen, and nobody else's. */
export function RubricPane({ session, entry, noting, onNote, onDone, send, problem, children }: Props) {
  const item = entry.id;
  const questions = useRef<HTMLDivElement>(null);
  const question = `${item} ${session.marked}`;
  const shown = useRef(question);
  useEffect(() => {
    if (shown.current === question) return;
    shown.current = question;
    questions.current?.querySelector("[data-rubric][aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [question]);
  const reasoned = reasonFor(session);
  const note = mineOf(session, entry, NOTE)?.explanation ?? "";
  const flagged = mineOf(session, entry, FLAG) !== null;
  const skipped = mineOf(session, entry, SKIP) !== null;
  return (
    <section id={PLACES.rubric} tabIndex={-1} aria-label="Rubric" className={styles.pane}>
      <div ref={questions} className={styles.body}>
        {session.questions.map((rubric, place) => (
          <div key={rubric.name} onFocus={() => rubric.type !== "FREEFORM" && place !== session.marked && send({ type: "marked", question: place })}>
            <RubricForm
              // What is typed belongs to its item; buttons stay, and with them the focus.
              key={choicesOf(rubric) === null ? item : rubric.name}
              rubric={rubric}
              value={answerIn(session, entry, rubric)}
              marked={place === session.marked && session.document === null}
              onAnswer={(answer, settled) => send({ type: "answered", item, question: rubric.name, answer, settled })}
            />
          </div>
        ))}
        {problem !== null && (
          <p role="alert" className={styles.problem}>
            <span aria-hidden="true">✕</span> {problem}
          </p>
        )}
        {reasoned !== null && (
          <Writing
            id={PLACES.reason}
            label={
              <>
                Reason for {reasoned.name} <KeyHint keys="r" />
              </>
            }
            value={reasonIn(session, entry, reasoned)}
            onWrite={(text) => send({ type: "reasoned", item, question: reasoned.name, text })}
          />
        )}
        {(noting || note !== "") && (
          <Writing
            id={PLACES.note}
            label={
              <>
                Note <KeyHint keys="n" />
              </>
            }
            value={note}
            onWrite={(text) => send({ type: "wrote", item, name: NOTE, text })}
          />
        )}
        {children}
      </div>
      <div className={styles.actions}>
        <Button onClick={() => send({ type: "moved", item, by: -1 })} disabled={session.at === 0}>
          Back
        </Button>
        <Button aria-pressed={skipped} className={skipped ? styles.pressed : undefined} onClick={() => send({ type: "skipped", item })}>
          {skipped ? "Skipped" : "Skip"}
        </Button>
        <Button aria-pressed={flagged} className={flagged ? styles.pressed : undefined} onClick={() => send({ type: "flagged", item })}>
          {flagged ? "Flagged" : "Flag"}
        </Button>
        <Button onClick={onNote}>Note</Button>
        <Button look="primary" onClick={onDone}>
          Next
        </Button>
      </div>
    </section>
  );
}
