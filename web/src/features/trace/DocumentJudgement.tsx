import { type Mine } from "../../annotate/useMine";
import { type Annotation, RELEVANCE } from "../../domain/annotation";
import type { Target } from "../../domain/outbox";
import { type Rubric, standingOf } from "../../domain/rubric";
import { AnswerStrip } from "../../ui/AnswerStrip";
import { Button } from "../../ui/Button";
import { LabelMark } from "../../ui/LabelChip";
import styles from "./DocumentJudgement.module.css";

const CHOICES = [
  { label: "relevant", score: 1, standing: "good" },
  { label: "irrelevant", score: 0, standing: "bad" },
] as const;

/** What is said of a document, and whether I find it relevant. */
export function DocumentJudgement({
  target,
  annotations,
  rubrics,
  mine,
  open,
  onOpen,
}: {
  target: Target;
  annotations: readonly Annotation[];
  rubrics: ReadonlyMap<string, Rubric>;
  mine: Mine;
  open: boolean;
  onOpen: () => void;
}) {
  const others = annotations.filter(({ target: { kind, position }, annotator_kind, identifier }) => kind === "document" && position === target.position && !(annotator_kind === "HUMAN" && identifier === mine.me));
  const chosen = mine.at(target, RELEVANCE)?.label ?? null;
  const place = `document ${(target.position ?? 0) + 1}`;
  return (
    <span className={styles.judgement}>
      {others.length > 0 && <AnswerStrip answers={others.slice(0, 4)} standing={(label) => CHOICES.find((choice) => choice.label === label)?.standing ?? standingOf(rubrics.get(RELEVANCE), label)} me={mine.me} />}
      <span role="group" aria-label={`Your judgement of ${place}`} className={styles.choices}>
        {CHOICES.map(({ label, score, standing }) => (
          <button
            key={label}
            type="button"
            aria-pressed={chosen === label}
            className={styles.choice}
            onClick={() => mine.say(target, RELEVANCE, chosen === label ? null : { label, score, explanation: null })}
          >
            <LabelMark standing={standing} /> {label}
          </button>
        ))}
      </span>
      <Button look="quiet" aria-expanded={open} aria-label={`More about ${place}`} onClick={onOpen}>
        More
      </Button>
    </span>
  );
}
