import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useParams, useSearchParams } from "react-router";

import { mayAnnotate } from "../../account";
import { isTaken } from "../../api/reviewItem";
import { projectRubricsQuery } from "../../api/rubric";
import { NameForm } from "../../person/NameForm";
import { usePreferences } from "../../preferences";
import { ErrorState } from "../../ui/ErrorState";
import { Skeleton } from "../../ui/Skeleton";
import { Frame } from "./Frame";
import { queueOf, questionsOf } from "./queue";
import { Review } from "./Review";
import styles from "./ReviewPage.module.css";

/** Seldom needed, so that nobody else loads it. */
const FirstRubric = lazy(async () => ({ default: (await import("./FirstRubric")).FirstRubric }));

/** Review what a filter finds: straight into the first item, once it is known who answers what. */
export function ReviewPage() {
  const { project = "" } = useParams();
  const [search] = useSearchParams();
  const { person } = usePreferences();
  const { data: rubrics, error, refetch } = useQuery({ ...projectRubricsQuery(project), staleTime: Infinity });
  const queue = queueOf(search);
  const questions = rubrics ? questionsOf(rubrics, queue.rubrics) : [];
  const frame = { project, queue, rubrics: rubrics ?? [], asked: questions, session: null };

  if (error) {
    return (
      <Frame {...frame}>
        <div className={styles.middle}>
          <ErrorState message={error.message} onRetry={() => void refetch()} />
        </div>
      </Frame>
    );
  }
  if (!rubrics) {
    return (
      <Frame {...frame}>
        <Skeleton rows={8} />
      </Frame>
    );
  }
  if (questions.length === 0) {
    return (
      <Frame {...frame}>
        <div className={styles.middle}>
          <Suspense fallback={<Skeleton rows={8} />}>
            <FirstRubric project={project} missing={queue.rubrics} />
          </Suspense>
        </div>
      </Frame>
    );
  }
  if (!mayAnnotate()) {
    return (
      <Frame {...frame}>
        <div className={styles.middle}>
          <h2 className={styles.title}>You may look, and not annotate</h2>
          <p>Your role is viewer. An admin can give you another one.</p>
        </div>
      </Frame>
    );
  }
  if (person === null) {
    return (
      <Frame {...frame}>
        <div className={styles.middle}>
          <h2 className={styles.title}>Who reviews?</h2>
          <NameForm isTaken={(identifier) => isTaken(project, identifier)} onDone={() => undefined} />
        </div>
      </Frame>
    );
  }
  return <Review key={`${project} ${search.toString()} ${person} ${questions.map(({ id }) => id).join()}`} project={project} queue={queue} rubrics={rubrics} questions={questions} person={person} />;
}
