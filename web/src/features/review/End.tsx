import { useQuery } from "@tanstack/react-query";

import { agreementQuery, exportOfMine } from "../../api/reviewItem";
import type { Rubric } from "../../domain/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { Button, buttonLook } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import styles from "./End.module.css";
import type { Queue } from "./queue";
import { progressOf, type Session } from "./session";

/** Nothing is left: what was done, how far it agrees with judges, and where to go from here. */
export function End({ project, queue, session, onBack, onAgain }: { project: string; queue: Queue; session: Session; onBack: () => void; onAgain: (() => void) | null }) {
  const progress = progressOf(session);
  const isEmpty = progress?.total === 0;
  const explore = paths.explore(project, { level: queue.kind, f: queue.filter, from: queue.from, to: queue.to });
  return (
    <div className={styles.end}>
      <h2 className={styles.title}>{titleOf(progress)}</h2>
      {isEmpty && <p>No {queue.kind} fits what was asked for. Choose others in Explore.</p>}
      {!isEmpty && (
        <ul className={styles.figures}>
          {session.questions.map((rubric) => (
            <Agreement key={rubric.name} project={project} queue={queue} rubric={rubric} me={session.identifier} />
          ))}
        </ul>
      )}
      <p className={styles.ways}>
        <Link className={buttonLook("primary")} to={explore}>
          Back to Explore
        </Link>
        {session.entries.length > 0 && <Button onClick={onBack}>Back to the last item</Button>}
        {onAgain && !isEmpty && <Button onClick={onAgain}>{progress ? `Look through all ${progress.total.toLocaleString()} again` : "Look through all again"}</Button>}
        {!isEmpty && (
          <a className={buttonLook()} href={exportOfMine(project, session.identifier)} download>
            <Icon name="download" /> Export my answers (CSV)
          </a>
        )}
      </p>
    </div>
  );
}

function titleOf(progress: ReturnType<typeof progressOf>): string {
  if (progress === null) return "That was the last one";
  const { finished, total } = progress;
  if (total === 0) return "Nothing matches";
  const all = total.toLocaleString();
  return finished >= total ? `Nothing left: ${all} of ${all}` : `That was the last one: ${finished.toLocaleString()} of ${all} finished`;
}

/** How often I say the same as judges, where both said something. */
function Agreement({ project, queue, rubric, me }: { project: string; queue: Queue; rubric: Rubric; me: string }) {
  const { data } = useQuery({ ...agreementQuery(project, rubric.name, queue.kind, me), enabled: rubric.type === "CATEGORICAL" });
  const found = data?.agreement;
  if (!found || found.value === null || found.n === 0) return null;
  const interval = found.low !== null && found.high !== null ? ` (${percent(found.low)} to ${percent(found.high)})` : "";
  return (
    <li>
      <strong>{rubric.name}</strong>: you and the judges agree on {percent(found.value)} of {found.n.toLocaleString()}
      {interval}.
    </li>
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
