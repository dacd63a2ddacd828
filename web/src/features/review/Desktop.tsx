import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { StuckAnswers } from "../../annotate/SaveState";
import { hurry } from "../../api/outbox";
import type { Span } from "../../api/span";
import { CORRECTION } from "../../domain/annotation";
import { answerOfKey, choicesOf } from "../../domain/answer";
import { KEYMAP, spelled } from "../../keys/keymap";
import { useKeys } from "../../keys/useKeys";
import { KeyHint } from "../../ui/KeyHint";
import { Content, StepContent } from "./Content";
import { Correction } from "./Correction";
import styles from "./Desktop.module.css";
import type { Desk } from "./desk";
import { evidenceOf, relevanceOf } from "./documents";
import { Documents } from "./Documents";
import { Frame, type FrameProps } from "./Frame";
import { focusOn } from "./ids";
import { Others } from "./Others";
import { RubricPane } from "./RubricPane";
import { answerIn, type Entry, isAnswered, mineOf, mineOfDocument, type Session } from "./session";
import { Steps } from "./Steps";

/** What the keys at the foot of the screen are called there. */
const HINTS = [
  ["next", "next"],
  ["back", "back"],
  ["skip", "skip"],
  ["reason", "reason"],
  ["note", "note"],
  ["correct", "correct"],
  ["documents", "documents"],
  ["flag", "flag"],
  ["undo", "undo"],
  ["others", "others"],
  ["steps", "steps"],
] as const;

type Props = { frame: FrameProps; desk: Desk; session: Session; entry: Entry; around: readonly Span[]; says: string };

/** What a person opened beside the item; it closes with the item. */
type Opened = { item: string; step: string | null; note: boolean; correction: boolean; others: boolean; problem: string | null };

/** The item, the rubric beside it, and the keys. */
export function Desktop({ frame, desk, session, entry, around, says }: Props) {
  const { review, id } = entry;
  const [steps, setSteps] = useState<boolean | null>(null);
  const [kept, setOpened] = useState<Opened | null>(null);
  const opened = kept?.item === id ? kept : { item: id, step: null, note: false, correction: false, others: false, problem: null };
  const open = (change: Partial<Opened>) => setOpened({ ...opened, ...change });
  const evidence = useMemo(() => evidenceOf(review, around), [review, around]);
  const choices = useMemo(() => relevanceOf(frame.rubrics), [frame.rubrics]);
  const answered = isAnswered(session, entry);
  const correction = mineOf(session, entry, CORRECTION)?.explanation ?? null;
  const content = useRef<{ item: string; element: HTMLElement | null }>({ item: id, element: null });
  useLayoutEffect(() => {
    if (content.current.item !== id) content.current.element?.scrollTo(0, 0);
    content.current.item = id;
  }, [id]);

  /** Before anything else hears of a key: the item and the question on the screen at that moment are what it is for. */
  const pressed = useRef({ item: id, marked: session.marked });
  const remember = useEffectEvent(() => (pressed.current = { item: id, marked: session.marked }));
  useEffect(() => {
    const listener = () => void remember();
    window.addEventListener("keydown", listener, true);
    return () => window.removeEventListener("keydown", listener, true);
  }, []);

  const judge = (place: number, number: 0 | 1) => {
    const one = evidence[place];
    if (one) desk.send({ type: "judged", item: id, slot: one.slot, place, of: evidence.length, result: choices[number] });
  };
  const write = (change: Partial<Opened>, place: "note" | "correction") => {
    flushSync(() => open(change));
    focusOn(place);
  };
  const done = () => {
    const { item } = pressed.current;
    const missing = session.questions.findIndex((question) => question.type !== "FREEFORM" && answerIn(session, entry, question) === null);
    if (item === id && !answered && missing !== -1) {
      desk.send({ type: "marked", question: missing });
      focusOn("rubric");
      return open({ problem: `${session.questions[missing]?.name} has no answer yet. Skip goes on without one.` });
    }
    leaveText();
    desk.send({ type: "moved", item, by: 1 });
  };

  useKeys("review", {
    answer: (event) => {
      const digit = spelled(event) ?? "";
      if (session.document !== null) {
        if (digit === "1" || digit === "2") judge(session.document, digit === "1" ? 0 : 1);
        return undefined;
      }
      const { item, marked } = pressed.current;
      const question = session.questions[marked];
      if (!question) return undefined;
      const answer = answerOfKey(question, digit);
      if (answer !== null) {
        if (opened.problem !== null) open({ problem: null });
        return desk.send({ type: "answered", item, question: question.name, answer, settled: true });
      }
      if (choicesOf(question) === null) return focusField(question.name); // the digit goes into the field
      return open({ problem: `${question.name} has no answer ${digit}.` });
    },
    next: () => desk.send({ type: "moved", item: pressed.current.item, by: 1 }),
    back: () => desk.send({ type: "moved", item: pressed.current.item, by: -1 }),
    done,
    skip: () => desk.send({ type: "skipped", item: pressed.current.item }),
    flag: () => desk.send({ type: "flagged", item: pressed.current.item }),
    reason: () => void focusOn("reason"),
    note: () => write({ note: true }, "note"),
    correct: () => write({ correction: true, step: null }, "correction"),
    documents: () => (evidence.length === 0 ? open({ problem: "This item has no documents." }) : desk.send({ type: "documents", place: session.document === null ? 0 : null })),
    undo: (event) => (isText(event.target) ? false : desk.send({ type: "undo" })),
    redo: (event) => (isText(event.target) ? false : desk.send({ type: "redo" })),
    others: () => open(answered ? { others: !opened.others } : { problem: "Others’ answers are shown once you have answered." }),
    steps: () => setSteps((shown) => !(shown ?? window.matchMedia("(min-width: 1181px)").matches)),
  });

  return (
    <Frame {...frame} says={says} skipTo="rubric" footer={<Hints />}>
      {/* Escape leaves a text, and the documents. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        className={[styles.desktop, steps === true && styles.withSteps, steps === false && styles.withoutSteps, review.steps.length === 0 && styles.withoutSteps].filter(Boolean).join(" ")}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (isText(event.target)) leaveText();
          else if (session.document !== null) desk.send({ type: "documents", place: null });
        }}
      >
        {review.steps.length > 0 && <Steps review={review} shown={opened.step} onShow={(step) => open({ step })} />}
        {/* A part that scrolls has to be reached by the keyboard. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <section ref={(element) => void (content.current.element = element)} tabIndex={0} aria-label="Item" data-item={id} className={styles.content}>
          <div key={`${id} ${opened.step}`} className={styles.column}>
            <StuckAnswers id={id} />
            {opened.step !== null ? (
              <StepContent spanId={opened.step} onClose={() => open({ step: null })} />
            ) : (
              <Content
                review={review}
                around={around}
                project={frame.project}
                correction={(opened.correction || correction !== null) && <Correction review={review} correction={correction} onWrite={(text) => desk.send({ type: "wrote", item: id, name: CORRECTION, text })} />}
                evidence={
                  evidence.length > 0 && (
                    <Documents
                      evidence={evidence}
                      marked={session.document}
                      choices={choices}
                      resultOf={(one) => mineOfDocument(session, entry, one.slot)}
                      onJudge={(place, result) => judge(place, result === choices[0] ? 0 : 1)}
                      onMark={(place) => desk.send({ type: "documents", place })}
                    />
                  )
                }
              />
            )}
          </div>
        </section>
        <RubricPane session={session} entry={entry} noting={opened.note} problem={opened.problem} onNote={() => write({ note: true }, "note")} onDone={done} send={desk.send}>
          <Others
            project={frame.project}
            targets={review.span === null || review.item.target_kind === "span" ? [id] : [id, review.span.context.span_id]}
            me={session.identifier}
            rubrics={frame.rubrics}
            asked={session.questions}
            answered={answered}
            shown={opened.others}
            onShow={() => open({ others: true })}
          />
        </RubricPane>
      </div>
    </Frame>
  );
}

function Hints() {
  return (
    <footer className={styles.hints} aria-label="Keys">
      <span>
        <KeyHint keys="1" />–<KeyHint keys="9" /> answer
      </span>
      {HINTS.map(([action, word]) => (
        <span key={action}>
          <KeyHint keys={KEYMAP.review[action].keys[0]} /> {word}
        </span>
      ))}
    </footer>
  );
}

/** Back to where single keys count. */
function leaveText(): void {
  if (!isText(document.activeElement)) return;
  hurry();
  focusOn("rubric");
}

function focusField(rubric: string): false {
  document.querySelector<HTMLElement>(`[data-rubric=${CSS.escape(rubric)}] :is(input, textarea)`)?.focus();
  return false;
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}
