import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { type Annotation, annotationHistoryQuery } from "../../api/annotation";
import { type Rubric, standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { annotatorOf, usePreferences } from "../../preferences";
import { Link } from "../../router/Link";
import { AnnotationHistory } from "../../ui/AnnotationHistory";
import { AuthorChip } from "../../ui/AuthorChip";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { LabelChip } from "../../ui/LabelChip";
import { Skeleton } from "../../ui/Skeleton";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./AnnotationRows.module.css";
import { EditAnnotation } from "./EditAnnotation";

type Props = { address: string; annotations: Annotation[]; rubrics: Rubric[]; stale: boolean; onDelete: (id: string) => void; onSaved: () => void };

/** Annotations, one a row; on a narrow screen each is a card. Only my own can be changed. */
export function AnnotationRows({ address, annotations, rubrics, stale, onDelete, onSaved }: Props) {
  const { person } = usePreferences();
  const me = person === null ? null : annotatorOf(person);
  const [read, setRead] = useState<Annotation | null>(null);
  const [edited, setEdited] = useState<Annotation | null>(null);
  return (
    <>
      <table className={styles.table} aria-busy={stale}>
        <caption className="spoken">Annotations, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Answer</th>
            <th scope="col">By</th>
            <th scope="col">Explanation</th>
            <th scope="col">Of</th>
            <th scope="col">Written</th>
            <th scope="col">
              <span className="spoken">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {annotations.map((annotation) => {
            const rubric = rubrics.find(({ name }) => name === annotation.name);
            const mine = annotation.annotator_kind === "HUMAN" && me !== null && annotation.identifier === me;
            return (
              <tr key={annotation.id}>
                <th scope="row" className={styles.name} dir="auto">
                  {annotation.name}
                  {annotation.rubric_version !== null && <span className={styles.version}>version {annotation.rubric_version}</span>}
                </th>
                <td>
                  <Answer annotation={annotation} rubric={rubric} />
                </td>
                <td>
                  <AuthorChip kind={annotation.annotator_kind} identifier={annotation.identifier} me={me} />
                </td>
                <td className={styles.text} dir="auto" title={annotation.result?.explanation ?? undefined}>
                  <div>{annotation.result?.explanation}</div>
                </td>
                <td>
                  <Target address={address} annotation={annotation} />
                </td>
                <td className={styles.time}>
                  <Timestamp iso={annotation.updated_at} />
                  <span className={styles.version}>{annotation.source === "APP" ? "page" : "API"}</span>
                </td>
                <td className={styles.actions}>
                  {mine && (
                    <>
                      <Button look="quiet" aria-label={`Change ${annotation.name}`} title="Change" onClick={() => setEdited(annotation)}>
                        <Icon name="pencil" />
                      </Button>
                      <Button look="quiet" aria-label={`Delete ${annotation.name}`} title="Delete" onClick={() => onDelete(annotation.id)}>
                        <Icon name="trash" />
                      </Button>
                    </>
                  )}
                  <Button look="quiet" aria-label={`History of ${annotation.name}`} title="History" onClick={() => setRead(annotation)}>
                    <Icon name="history" />
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {read && <History annotation={read} onClose={() => setRead(null)} />}
      {edited && (
        <EditAnnotation
          key={edited.id}
          annotation={edited}
          rubric={rubrics.find(({ name }) => name === edited.name)}
          onClose={() => setEdited(null)}
          onSaved={() => {
            setEdited(null);
            onSaved();
          }}
        />
      )}
    </>
  );
}

function Answer({ annotation: { result }, rubric }: { annotation: Annotation; rubric: Rubric | undefined }) {
  const value = rubric?.type === "CATEGORICAL" ? rubric.values.find(({ label }) => label === result?.label) : undefined;
  return (
    <span className={styles.answer}>
      {result?.label && <LabelChip label={result.label} standing={standingOf(rubric, result.label)} glyph={value?.glyph} />}
      {typeof result?.score === "number" && <span className={styles.score}>{Number(result.score.toFixed(3))}</span>}
    </span>
  );
}

/** What was annotated, with the way there. */
function Target({ address, annotation: { target } }: { address: string; annotation: Annotation }) {
  const place = typeof target.position === "number" ? `, document ${target.position + 1}` : "";
  const text = `${target.kind === "document" ? "span" : target.kind} ${target.name ?? target.id.slice(0, 12)}${place}`;
  const to = whereIs(address, target);
  return to === null ? <span className={styles.target}>{text}</span> : (
    <Link to={to} className={styles.target} title={target.id}>
      {text}
    </Link>
  );
}

function whereIs(address: string, target: Annotation["target"]): string | null {
  if (target.kind === "session") return paths.session(address, target.id);
  if (target.kind === "trace") return paths.trace(address, target.id);
  return target.trace_id ? paths.trace(address, target.trace_id, { span: target.id }) : null;
}

function History({ annotation, onClose }: { annotation: Annotation; onClose: () => void }) {
  const history = useQuery(annotationHistoryQuery(annotation.id));
  return (
    <Dialog title={`History of ${annotation.name}`} place="side" onClose={onClose}>
      {history.isPending && <Skeleton rows={3} />}
      {history.isLoadingError && <ErrorState message={history.error.message} onRetry={() => void history.refetch()} />}
      {history.data && <AnnotationHistory changes={history.data} />}
    </Dialog>
  );
}
