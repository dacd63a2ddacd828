import { useState } from "react";

import { prefer, preferences } from "../preferences";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { controlLook, Field } from "../ui/Field";

const LONGEST = 64;

/** Asks once in whose name answers are kept. There are no accounts: the name is all that tells people apart. */
export function AskName({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const [name, setName] = useState(preferences().person ?? "");
  const [error, setError] = useState<string | null>(null);
  const save = () => {
    if (!name.trim()) {
      setError("A name is needed: it tells your answers from those of others.");
      return;
    }
    prefer({ person: name.trim() });
    onDone();
  };
  return (
    <Dialog
      title="Who are you?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="ask-name">
            Keep the name
          </Button>
        </>
      }
    >
      <form
        id="ask-name"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label="Your name" hint="Your answers are kept under it, apart from everybody else's. This browser remembers it." error={error}>
          {(control) => (
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the dialog was asked for, and has this one field
            <input {...control} className={controlLook} value={name} maxLength={LONGEST} autoComplete="name" autoFocus onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
