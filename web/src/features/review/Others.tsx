import { useQuery } from "@tanstack/react-query";

import { type Annotation, othersQuery } from "../../api/reviewItem";
import { type Rubric, standingOf } from "../../domain/rubric";
import { AuthorChip } from "../../ui/AuthorChip";
import { Button } from "../../ui/Button";
import { ErrorState } from "../../ui/ErrorState";
import { KeyHint } from "../../ui/KeyHint";
import { LabelChip } from "../../ui/LabelChip";
import styles from "./Others.module.css";

type Props = { project: string; targets: readonly string[]; me: string; rubrics: readonly Rubric[]; asked: readonly Rubric[]; answered: boolean; shown: boolean; onShow: () => void };

/** What others said of the item: not before the reviewer has answered, and then when they ask for it. */
export function Others({ answered, shown, onShow, ...rest }: Props) {
  return (
    <section aria-labelledby="others" className={styles.others}>
      <h2 id="others" className={styles.title}>
        Others
      </h2>
      {!answered && <p className={styles.note}>Hidden until you have answered.</p>}
      {answered && !shown && (
        <Button onClick={onShow}>
          Show what others said <KeyHint keys="o" />
        </Button>
      )}
      {answered && shown && <List {...rest} />}
    </section>
  );
}

function List({ project, targets, me, rubrics, asked }: Omit<Props, "answered" | "shown" | "onShow">) {
  const { data, error, refetch } = useQuery(othersQuery(project, targets, me));
  /** First what answers the same questions. */
  const rank = ({ name }: Annotation) => (asked.findIndex((rubric) => rubric.name === name) + asked.length + 1) % (asked.length + 1);
  if (error) return <ErrorState message={error.message} onRetry={() => void refetch()} />;
  if (!data) return <p className={styles.note}>Asking…</p>;
  if (data.length === 0) return <p className={styles.note}>Nobody else has answered yet.</p>;
  return (
    <ul ref={bringIntoView} className={styles.list}>
      {data.toSorted((one, other) => rank(one) - rank(other)).map((annotation) => (
        <li key={annotation.id} className={styles.one}>
          <AuthorChip kind={annotation.annotator_kind} identifier={annotation.identifier} />
          <span className={styles.name}>{annotation.name}</span>
          <Said annotation={annotation} rubric={rubrics.find(({ name }) => name === annotation.name)} />
          {annotation.result?.explanation && (
            <p className={styles.reason} dir="auto">
              {annotation.result.explanation}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

/** It opens where one may have to scroll for it. */
function bringIntoView(list: HTMLUListElement | null): void {
  list?.scrollIntoView({ block: "nearest" });
}

function Said({ annotation: { result }, rubric }: { annotation: Annotation; rubric: Rubric | undefined }) {
  if (result?.label) return <LabelChip label={result.label} standing={standingOf(rubric, result.label)} />;
  return <span className={styles.score}>{typeof result?.score === "number" ? result.score : ""}</span>;
}
