import type { ReactNode } from "react";

import { type Annotation, isMine } from "../domain/annotation";
import { type Rubric, standingOf } from "../domain/rubric";
import styles from "./AnnotationTable.module.css";
import { AuthorChip } from "./AuthorChip";
import { Icon } from "./Icon";
import { LabelChip } from "./LabelChip";
import { Timestamp } from "./Timestamp";

type Props = {
  /** Said to a screen reader: what the annotations are about. */
  caption: string;
  annotations: readonly Annotation[];
  /** Rubrics by name, for the marks of labels. */
  rubrics: ReadonlyMap<string, Rubric>;
  /** The identifier of the one who looks: their rows are marked, and only theirs can be changed. */
  me: string | null;
  onHistory: (annotation: Annotation) => void;
  onDelete: (annotation: Annotation) => void;
  /** Opens my annotation for editing; without it there is no such button. */
  onEdit?: ((annotation: Annotation) => void) | undefined;
  /** What an annotation is about, below its name. */
  target?: ((annotation: Annotation) => ReactNode) | undefined;
  /** The names under which authors differ. */
  differ?: ReadonlySet<string> | undefined;
};

/** Annotations, one a row: what was said by whom, why, when, under which version of the rubric. Cards where it is narrow. */
export function AnnotationTable({ caption, annotations, target, differ, ...row }: Props) {
  return (
    <div className={styles.around}>
      <table className={styles.table}>
        <caption className="spoken">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Answer</th>
            <th scope="col">Author</th>
            <th scope="col">Explanation</th>
            <th scope="col">Given</th>
            <th scope="col">
              <span className="spoken">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {annotations.map((annotation) => (
            <Row key={annotation.id} annotation={annotation} target={target} differs={differ?.has(annotation.name) ?? false} {...row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

type RowProps = Pick<Props, "rubrics" | "me" | "onHistory" | "onDelete" | "onEdit" | "target"> & { annotation: Annotation; differs: boolean };

function Row({ annotation, rubrics, me, differs, target, onHistory, onDelete, onEdit }: RowProps) {
  const { name, annotator_kind, identifier, source, result, metadata, rubric_version, created_at, updated_at, user_id } = annotation;
  const mine = isMine(annotation, me);
  const about = `${name} by ${mine ? "you" : identifier || annotator_kind.toLowerCase()}`;
  const kept = Object.keys(metadata).length > 0 ? JSON.stringify(metadata) : null;
  return (
    <tr className={mine ? styles.mine : undefined}>
      <th scope="row" className={styles.name}>
        <bdi>{name}</bdi>
        {target && <span className={styles.note}>{target(annotation)}</span>}
        {differs && <span className={styles.note}>authors differ</span>}
      </th>
      <td>
        <Answer annotation={annotation} rubric={rubrics.get(name)} />
      </td>
      <td>
        <AuthorChip kind={annotator_kind} identifier={identifier} me={me} />
        <span className={styles.note} title={kept ?? undefined}>
          {source === "APP" ? "in the page" : "by API"}
          {user_id !== null && ` · ${user_id}`}
          {kept !== null && <bdi className={styles.metadata}>{kept}</bdi>}
        </span>
      </td>
      <td className={styles.explanation} dir="auto">
        {result?.explanation}
      </td>
      <td>
        <Timestamp iso={updated_at} />
        <span className={styles.note}>
          {rubric_version === null ? "no rubric" : `rubric v${rubric_version}`}
          {updated_at !== created_at && " · changed"}
        </span>
      </td>
      <td>
        <span className={styles.actions}>
          {mine && onEdit && <Tool icon="pencil" label={`Edit ${about}`} onClick={() => onEdit(annotation)} />}
          {mine && <Tool icon="trash" label={`Delete ${about}`} onClick={() => onDelete(annotation)} />}
          <Tool icon="history" label={`History of ${about}`} onClick={() => onHistory(annotation)} />
        </span>
      </td>
    </tr>
  );
}

/** What an annotation says: its label with the rubric's mark, and its score. */
export function Answer({ annotation: { result }, rubric }: { annotation: Pick<Annotation, "result">; rubric: Rubric | undefined }) {
  const { label, score } = result ?? {};
  const glyph = rubric?.type === "CATEGORICAL" ? rubric.values.find((value) => value.label === label)?.glyph : null;
  return (
    <span className={styles.answer}>
      {label !== null && label !== undefined && <LabelChip label={label} standing={standingOf(rubric, label)} glyph={glyph} />}
      {score !== null && score !== undefined && <span className={styles.score}>{Number(score.toPrecision(6))}</span>}
    </span>
  );
}

function Tool({ icon, label, onClick }: { icon: "history" | "pencil" | "trash"; label: string; onClick: () => void }) {
  return (
    <button type="button" className={styles.tool} aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
