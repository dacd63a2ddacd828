import type { UseQueryResult } from "@tanstack/react-query";

import type { RubricVersion } from "../../api/rubric";
import { Button } from "../../ui/Button";
import { ErrorState } from "../../ui/ErrorState";
import { RubricForm } from "../../ui/RubricForm";
import { Skeleton } from "../../ui/Skeleton";
import { Timestamp } from "../../ui/Timestamp";
import { changesOf } from "./change";
import styles from "./RubricPage.module.css";

/** All versions of a rubric, the newest first: when it began, what it changed, and how it looked to reviewers. */
export function Versions({ versions, onRestore }: { versions: UseQueryResult<RubricVersion[]>; onRestore: (version: RubricVersion) => void }) {
  return (
    <section className={styles.section} aria-labelledby="versions">
      <h2 id="versions" className={styles.heading}>
        Versions
      </h2>
      <p className={styles.note}>Each annotation says under which version it was given.</p>
      {versions.isPending && <Skeleton rows={2} />}
      {versions.isLoadingError && <ErrorState message={versions.error.message} onRetry={() => void versions.refetch()} />}
      {versions.data && (
        <ol className={styles.versions}>
          {versions.data.toReversed().map((version, place, all) => (
            <Version key={version.number} version={version} before={all[place + 1]} inForce={place === 0} onRestore={onRestore} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Version({ version, before, inForce, onRestore }: { version: RubricVersion; before: RubricVersion | undefined; inForce: boolean; onRestore: (version: RubricVersion) => void }) {
  return (
    <li className={styles.version}>
      <div>
        <h3 className={styles.number}>
          Version {version.number}
          {inForce && <span className={styles.note}> · in force</span>}
        </h3>
        <p className={styles.note}>
          since <Timestamp iso={version.created_at} />
        </p>
      </div>
      <div>
        <ul className={styles.changes}>
          {(before ? changesOf(before.config, version.config) : ["The first."]).map((change) => (
            <li key={change} dir="auto">
              {change}
            </li>
          ))}
        </ul>
        {!inForce && (
          <details className={styles.look}>
            <summary>How it looked</summary>
            <div inert className={styles.old}>
              <RubricForm rubric={version.config} value={null} onAnswer={() => undefined} hints={false} />
            </div>
            <Button onClick={() => onRestore(version)}>Put it in the form again</Button>
          </details>
        )}
      </div>
    </li>
  );
}
