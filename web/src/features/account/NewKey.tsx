import { useState } from "react";

import { createKey, type CreatedApiKey, type Whose } from "../../api/account";
import { controlLook, Field } from "../../ui/Field";
import { Select } from "../../ui/Select";
import { FormDialog } from "./FormDialog";
import { ShownOnce } from "./ShownOnce";

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

  if (made !== null) return <ShownOnce title={`The key ${made.name}`} note="Copy it now: it is not shown again." secret={made.key} label="the key" onClose={onClose} />;
  return (
    <FormDialog title={whose === "user" ? "New key" : "New key of the system"} submitLabel="Make the key" onSubmit={() => void submit()} onClose={onClose}>
      <Field label="Name" hint="What will use it, so that you know later what to delete." error={problem}>
        {(control) => <input {...control} className={controlLook} value={name} autoComplete="off" dir="auto" onChange={({ target }) => setName(target.value)} />}
      </Field>
      <Select label="Expires" value={days} options={LIFETIMES} onChange={setDays} />
    </FormDialog>
  );
}
