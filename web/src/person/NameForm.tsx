import { type ReactNode, useState } from "react";

import { annotatorOf, prefer, preferences } from "../preferences";
import { Button } from "../ui/Button";
import { controlLook, Field } from "../ui/Field";
import styles from "./NameForm.module.css";

const LONGEST = 64;

/**
 * Asks in whose name answers are kept. There are no accounts: the name is all that tells people apart, so `isTaken` warns
 * of one under which somebody has annotated before. `actions` stand beside the button.
 */
export function NameForm({ onDone, isTaken, actions }: { onDone: () => void; isTaken?: ((identifier: string) => Promise<boolean>) | undefined; actions?: ReactNode }) {
  const [name, setName] = useState(preferences().person ?? "");
  const [error, setError] = useState<string | null>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const wanted = name.trim();

  const keep = () => {
    prefer({ person: wanted });
    onDone();
  };
  const check = async () => {
    if (!wanted) return setError("A name is needed: it tells your answers from those of others.");
    // A server that does not answer is no reason to keep anybody from answering.
    const known = wanted !== preferences().person && (await isTaken?.(annotatorOf(wanted)).catch(() => false));
    return known ? setTaken(wanted) : keep();
  };

  if (taken !== null && taken === wanted) {
    return (
      <div className={styles.form} role="alert">
        <p className={styles.question}>Somebody already reviews as {taken} here. Is that you?</p>
        <p className={styles.hint}>Answers under one name are one person’s: yours would replace theirs.</p>
        <p className={styles.actions}>
          <Button look="primary" onClick={keep}>
            Yes, that is me
          </Button>
          <Button onClick={() => setTaken(null)}>Take another name</Button>
        </p>
      </div>
    );
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void check();
      }}
    >
      <Field label="Your name" hint="Your answers are kept under it, apart from everybody else’s. This browser remembers it." error={error}>
        {(control) => (
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it is the one thing to do here
          <input {...control} className={controlLook} value={name} maxLength={LONGEST} autoComplete="name" autoFocus onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <p className={styles.actions}>
        <Button look="primary" type="submit">
          Keep the name
        </Button>
        {actions}
      </p>
    </form>
  );
}
