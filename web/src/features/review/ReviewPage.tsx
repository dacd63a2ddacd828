import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";

import { resumeDrafts } from "../../api/drafts";
import { isGone } from "../../api/failure";
import { resume, settled } from "../../api/outbox";
import { mayAnnotate } from "../../account";
import { isTaken } from "../../api/reviewItem";
import { projectRubricsQuery } from "../../api/rubric";
import { NameForm } from "../../person/NameForm";
import { usePreferences } from "../../preferences";
import { useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { NoProject } from "../../shell/NoProject";
import { ErrorState } from "../../ui/ErrorState";
import { Skeleton } from "../../ui/Skeleton";
import { Frame } from "./Frame";
import { askedIn, queueOf } from "./queue";
import { Review } from "./Review";
import styles from "./ReviewPage.module.css";

/** Seldom needed, so that nobody else loads it. */
const FirstRubric = lazy(async () => ({ default: (await import("./FirstRubric")).FirstRubric }));

/** Review what a filter finds: straight into the first item, once it is known who answers what. */
export function ReviewPage() {
  const { project = "" } = useParams();
  const [search] = useSearchParams();
  const { person } = usePreferences();
  const { data: rubrics, error, isLoadingError, refetch } = useQuery({ ...projectRubricsQuery(project), staleTime: Infinity });
  const resumed = useResumed();
  const queue = useMemo(() => queueOf(search), [search]);
  const questions = useMemo(() => askedIn(queue, rubrics ?? []), [queue, rubrics]);
  const frame = { project, queue, rubrics: rubrics ?? [], asked: questions, session: null };

  if (isLoadingError) {
    return (
      <Frame {...frame}>
        <div className={styles.middle}>
          {isGone(error) ? <NoProject message={error.message} onRetry={() => void refetch()} /> : <ErrorState message={error.message} onRetry={() => void refetch()} />}
        </div>
      </Frame>
    );
  }
  if (!rubrics || !resumed) {
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
  const items = JSON.stringify({ ...queue, rubrics: null, stays: null });
  return <Review key={`${project} ${items} ${person}`} project={project} queue={queue} rubrics={rubrics} questions={questions} person={person} />;
}

/** Whether what an earlier visit could not send was sent, so that the server counts it; what fails is laid over what the server tells. */
function useResumed(): boolean {
  const [resumed, setResumed] = useState(false);
  useEffect(() => {
    void Promise.all([resume().then(settled), resumeDrafts()]).then(() => setResumed(true));
  }, []);
  return resumed;
}
