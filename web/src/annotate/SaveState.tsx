import { discard, hurry, retry, useOutbox } from "../api/outbox";
import { statusOf } from "../domain/outbox";
import { Button } from "../ui/Button";
import { counted } from "../ui/number";
import styles from "./annotate.module.css";

/** Whether the server has what was said here. What it refused stays, with the reason and the way on. */
export function SaveState() {
  const status = statusOf(useOutbox());
  return (
    <div className={styles.state}>
      <p role="status" className={styles.note}>
        {status.state === "saved" && "All saved"}
        {status.state === "saving" && "Saving…"}
        {status.state === "waiting" && `${counted(status.count, "answer")} waiting: ${status.reason}`}
        {status.state === "stuck" && `${counted(status.entries.length, "answer")} not saved`}
      </p>
      {status.state === "waiting" && <Button onClick={hurry}>Try now</Button>}
      {status.state === "stuck" &&
        status.entries.map(({ key, name, state, reason, stands }) => (
          <div key={key} role="alert" className={styles.stuck}>
            <p>
              <strong>{name}</strong>: {state === "conflict" ? `It was changed elsewhere, to ${stands?.result?.label ?? stands?.result?.score ?? "nothing"}.` : reason}
            </p>
            <Button onClick={() => retry(key)}>{state === "conflict" ? "Use mine" : "Try again"}</Button>
            <Button onClick={() => discard(key)}>{state === "conflict" ? "Keep the other" : "Give up"}</Button>
          </div>
        ))}
    </div>
  );
}
