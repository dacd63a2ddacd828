import { discard, hurry, retry, useOutbox } from "../api/outbox";
import { type Entry, type Result, type Status, statusOf } from "../domain/outbox";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import styles from "./SaveState.module.css";

/** Whether what was said has reached the server; if not, why, and what can be done about it. */
export function SaveState() {
  const status = statusOf(useOutbox());
  return (
    <div className={styles.state}>
      {status.state === "saved" && (
        <span className={styles.calm}>
          <Icon name="check" /> All saved
        </span>
      )}
      {status.state === "saving" && <span className={styles.calm}>Saving…</span>}
      {status.state === "waiting" && (
        <Popover look="quiet" label={`${status.count} waiting, the server does not answer`}>
          {() => (
            <div className={styles.panel}>
              <p>{status.reason}</p>
              <p>Go on: your answers are kept in this browser, also when you reload, and are sent as soon as the server is back.</p>
              <Button onClick={hurry}>Try now</Button>
            </div>
          )}
        </Popover>
      )}
      {status.state === "stuck" && (
        <Popover look="quiet" label={`${status.entries.length} not saved`}>
          {() => (
            <ul className={styles.list}>
              {status.entries.map((entry) => (
                <li key={entry.key} className={styles.entry}>
                  <Stuck entry={entry} />
                </li>
              ))}
            </ul>
          )}
        </Popover>
      )}
      <span role="status" className="spoken">
        {spoken(status)}
      </span>
    </div>
  );
}

/** What was refused of an item and of its documents, where the item is read. */
export function StuckAnswers({ id }: { id: string }) {
  const stuck = useOutbox().entries.filter(({ state, target }) => (state === "refused" || state === "conflict") && target.id === id);
  return stuck.map((entry) => (
    <div key={entry.key} role="alert" className={styles.stuck}>
      <Stuck entry={entry} />
    </div>
  ));
}

/** One answer that waits for its person, with what they can do. */
function Stuck({ entry }: { entry: Entry }) {
  const what = `${entry.name} of ${entry.target.kind} ${shortened(entry.target.id)}`;
  if (entry.state === "conflict") {
    return (
      <>
        <p>
          <strong>{what}</strong> was changed elsewhere since you opened it.
        </p>
        <p className={styles.choices}>
          <Button onClick={() => retry(entry.key)}>Keep mine: {words(entry.result)}</Button>
          <Button onClick={() => discard(entry.key)}>Keep the other: {words(entry.stands?.result ?? null)}</Button>
        </p>
      </>
    );
  }
  return (
    <>
      <p>
        <strong>{what}</strong>: {words(entry.result)}
      </p>
      <p className={styles.reason}>
        <span aria-hidden="true">✕</span> {entry.reason}
      </p>
      <p className={styles.choices}>
        <Button onClick={() => retry(entry.key)}>Retry</Button>
        <Button look="quiet" onClick={() => discard(entry.key)}>
          Discard
        </Button>
      </p>
    </>
  );
}

/** What an annotation says, in a word or two. */
function words(result: Partial<Result> | null): string {
  if (result === null) return "nothing";
  return result.label ?? (typeof result.score === "number" ? String(result.score) : (result.explanation ?? "nothing"));
}

function spoken(status: Status): string {
  if (status.state === "waiting") return `${status.count} answers wait: the server does not answer. They are kept in this browser.`;
  return status.state === "stuck" ? `${status.entries.length} not saved.` : "";
}

function shortened(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id;
}
