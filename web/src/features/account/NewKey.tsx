import { useId, useState } from "react";

import { createKey, type CreatedApiKey, type Whose } from "../../api/account";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";
import { Select } from "../../ui/Select";
import styles from "./account.module.css";
import { Secret } from "./Secret";

const LIFETIMES = [
  ["", "never"],
  ["7", "in a week"],
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
] as const;
const DAY_MS = 86_400_000;

/** Makes a key, and shows it: the only time that it can be read. */
export function NewKey({ whose, onMade, onClose }: { whose: Whose; onMade: () => void; onClose: () => void }) {
  const form = useId();
  const [name, setName] = useState("");
  const [days, setDays] = useState<(typeof LIFETIMES)[number][0]>("");
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<CreatedApiKey | null>(null);

  async function submit() {
    if (!name.trim()) return setProblem("A key needs a name: what will use it?");
    try {
      setMade(await createKey(whose, name.trim(), null, days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null));
      onMade();
    } catch (refusal) {
      setProblem((refusal as Error).message);
    }
    return undefined;
  }

  if (made !== null) {
    return (
      <Dialog
        title={`The key ${made.name}`}
        onClose={onClose}
        actions={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <p className={styles.note}>Copy it now: it is not shown again.</p>
        <Secret text={made.key} label="the key" />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={whose === "user" ? "New key" : "New key of the system"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form}>
            Make the key
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Name" hint="What will use it, so that you know later what to delete." error={problem}>
          {(control) => <input {...control} className={controlLook} value={name} autoComplete="off" dir="auto" onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Select label="Expires" value={days} options={LIFETIMES} onChange={setDays} />
      </form>
    </Dialog>
  );
}
