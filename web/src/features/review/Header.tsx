import { useState } from "react";

import { SaveState } from "../../annotate/SaveState";
import { account } from "../../account";
import { isTaken } from "../../api/reviewItem";
import { questionsOf } from "../../domain/question";
import type { Rubric } from "../../domain/rubric";
import { paths } from "../../paths";
import { AskName } from "../../person/AskName";
import { usePreferences } from "../../preferences";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { KeyList } from "../../shell/KeyList";
import { Button } from "../../ui/Button";
import { KeyHint } from "../../ui/KeyHint";
import { Popover } from "../../ui/Popover";
import { ProgressBar } from "../../ui/ProgressBar";
import styles from "./Header.module.css";
import { type Queue, titleOf } from "./queue";
import { minutesLeft, progressOf, type Session } from "./session";

type Props = { project: string; queue: Queue; rubrics: readonly Rubric[]; asked: readonly Rubric[]; session: Session | null; keyList: boolean; onKeyList: (shown: boolean) => void };

/** Where one is, how far one has come, and whether all is saved. */
export function Header({ project, queue, rubrics, asked, session, keyList, onKeyList }: Props) {
  const title = titleOf(queue);
  const [naming, setNaming] = useState(false);
  return (
    <header className={styles.header}>
      <title>{`Review · ${project} · Rubricate`}</title>
      <p className={styles.crumb}>
        <Link to={paths.overview(project)}>{project}</Link>
        <span aria-hidden="true">/</span>
      </p>
      <h1 className={styles.title} title={title}>
        {title}
      </h1>
      {session && <Progress session={session} />}
      <div className={styles.tools}>
        <SaveState />
        <Popover label="Options" look="quiet">
          {(close) => (
            <Options
              queue={queue}
              rubrics={rubrics}
              asked={asked}
              onName={() => {
                close();
                setNaming(true);
              }}
            />
          )}
        </Popover>
        <Button look="quiet" onClick={() => onKeyList(true)}>
          Keys <KeyHint keys="?" />
        </Button>
      </div>
      {naming && <AskName isTaken={(identifier) => isTaken(project, identifier)} onDone={() => setNaming(false)} onClose={() => setNaming(false)} />}
      {keyList && <KeyList onClose={() => onKeyList(false)} />}
    </header>
  );
}

function Progress({ session }: { session: Session }) {
  const progress = progressOf(session);
  if (progress === null) return <div className={styles.progress} />;
  const { number, finished, total } = progress;
  const minutes = minutesLeft(session);
  const shown = Math.min(number, total);
  return (
    <div className={styles.progress}>
      <span className={styles.bar}>
        <ProgressBar done={finished} of={total} label="Finished" />
      </span>
      {total > 0 && (
        <span className={styles.number}>
          {shown.toLocaleString()} of {total.toLocaleString()}
        </span>
      )}
      {minutes !== null && finished < total && <span className={styles.left}>{minutes < 1 ? "less than a minute left" : `about ${Math.round(minutes)} min left`}</span>}
    </div>
  );
}

/** What is asked and shown; kept in the address, so that it can be shared. */
function Options({ queue, rubrics, asked, onName }: { queue: Queue; rubrics: readonly Rubric[]; asked: readonly Rubric[]; onName: () => void }) {
  const [, setSearch] = useSearchParams();
  const { person } = usePreferences();
  const names = asked.map(({ name }) => name);
  const set = (name: string, value: string | null) =>
    setSearch((search) => {
      const next = new URLSearchParams(search);
      if (value === null) next.delete(name);
      else next.set(name, value);
      return next;
    });
  const ask = (name: string, wanted: boolean) => {
    const chosen = wanted ? [...names, name] : names.filter((other) => other !== name);
    if (chosen.length > 0) set("rubrics", chosen.join(","));
  };
  return (
    <div className={styles.options}>
      <fieldset className={styles.group}>
        <legend className={styles.legend}>Questions</legend>
        {[...new Set([...questionsOf(rubrics, queue.kind), ...asked])].map(({ name }) => (
          <label key={name} className={styles.option}>
            <input type="checkbox" checked={names.includes(name)} disabled={names.length === 1 && names[0] === name} onChange={({ target }) => ask(name, target.checked)} /> <bdi>{name}</bdi>
          </label>
        ))}
        <Link to={paths.rubrics()}>Make or change rubrics</Link>
      </fieldset>
      <label className={styles.option}>
        <input type="checkbox" checked={queue.stays} onChange={({ target }) => set("stay", target.checked ? "1" : null)} /> Stay after the last answer, to compare with others
      </label>
      <label className={styles.option}>
        <input type="checkbox" checked={queue.again} onChange={({ target }) => set("again", target.checked ? "1" : null)} /> Show what I have answered as well
      </label>
      {person !== null && (
        <p className={styles.person}>
          You answer as <bdi>{person}</bdi>. {account() === null && <Button onClick={onName}>Change</Button>}
        </p>
      )}
    </div>
  );
}
