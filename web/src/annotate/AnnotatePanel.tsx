import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useEffect, useRef, useSyncExternalStore } from "react";

import { mayAnnotate } from "../account";
import { projectRubricsQuery, rubricsQuery, useFirstRubric } from "../api/rubric";
import type { Target } from "../domain/outbox";
import { questionsOf } from "../domain/question";
import { paths } from "../paths";
import { Link } from "../router/Link";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorState } from "../ui/ErrorState";
import { Icon } from "../ui/Icon";
import { NoRubric } from "../ui/NoRubric";
import { Skeleton } from "../ui/Skeleton";
import styles from "./annotate.module.css";
import { MyAnswers } from "./MyAnswers";
import { SaveState, StuckAnswers } from "./SaveState";
import type { Mine } from "./useMine";

/** Narrower windows have no room for it beside what is read. */
const BESIDE = "(min-width: 1100px)";

type Props = {
  /** The project by name or id, whose rubrics are asked. */
  project: string;
  target: Target;
  /** The target for people, and the way to choose another one. */
  about: ReactNode;
  mine: Mine;
  onClose: () => void;
};

/** My answers beside what is read, or in a sheet over it where there is no room. */
export function AnnotatePanel(props: Props) {
  const beside = useSyncExternalStore(listen, () => matchMedia(BESIDE).matches);
  const panel = useRef<HTMLElement>(null);
  useFocusWhileOpen(panel);
  if (!beside) {
    return (
      <Dialog title="Annotate" place="side" onClose={props.onClose}>
        <div className={styles.inside}>
          <Body {...props} />
        </div>
      </Dialog>
    );
  }
  return (
    <aside ref={panel} tabIndex={-1} aria-labelledby="annotate-title" className={styles.panel}>
      <header className={styles.head}>
        <h2 id="annotate-title" className={styles.title}>
          Annotate
        </h2>
        <Button look="quiet" aria-label="Close annotating" onClick={props.onClose}>
          <Icon name="close" />
        </Button>
      </header>
      <Body {...props} />
    </aside>
  );
}

/** Whoever opens the panel goes on in it, and comes back to where they were. A dialog does so by itself. */
function useFocusWhileOpen(panel: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [panel]);
}

function Body({ project, target, about, mine }: Props) {
  const rubrics = useQuery(projectRubricsQuery(project));
  const asked = questionsOf(rubrics.data ?? [], target.kind);
  if (!mayAnnotate()) {
    return (
      <>
        {about}
        <p>Your role is viewer: you may look, and not annotate. An admin can give you another one.</p>
      </>
    );
  }
  return (
    <>
      {about}
      <SaveState />
      <StuckAnswers id={target.id} />
      {rubrics.isPending && <Skeleton rows={3} />}
      {rubrics.isLoadingError && <ErrorState message={rubrics.error.message} onRetry={() => void rubrics.refetch()} />}
      {rubrics.data && asked.length === 0 && <FirstRubric project={project} />}
      {rubrics.data && <MyAnswers target={target} rubrics={asked} mine={mine} />}
    </>
  );
}

function FirstRubric({ project }: { project: string }) {
  const all = useQuery(rubricsQuery());
  const first = useFirstRubric(project);
  return (
    <>
      <NoRubric existing={all.data ?? []} busy={first.isPending} onPreset={(preset) => first.mutate(preset)} onExisting={(rubric) => first.mutate(rubric)}>
        <Link to={paths.rubrics()}>Make another one</Link>
      </NoRubric>
      {first.isError && <p role="alert">{first.error.message}</p>}
    </>
  );
}

function listen(changed: () => void): () => void {
  const media = matchMedia(BESIDE);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
