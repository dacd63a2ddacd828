import { useState } from "react";

import { createUser, type Role, type User } from "../../api/account";
import { controlLook, Field } from "../../ui/Field";
import { Select } from "../../ui/Select";
import { FormDialog } from "./FormDialog";
import { madeUp, PASSED_ON } from "./Password";
import { ROLES } from "./roles";
import { ShownOnce } from "./ShownOnce";

const OPTIONS = (Object.keys(ROLES) as Role[]).map((role) => [role, `${ROLES[role].title}: ${ROLES[role].says}`] as const);

/** Makes a user with a made-up password, and shows it: the admin passes it on, the user chooses another. */
export function NewUser({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("MEMBER");
  const [password] = useState(madeUp);
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<User | null>(null);

  async function submit() {
    if (!name.trim()) return setProblem("A user needs a name.");
    try {
      setMade(await createUser(name.trim(), email.trim() || null, role, password));
      onMade();
    } catch (refusal) {
      setProblem((refusal as Error).message);
    }
    return undefined;
  }

  if (made !== null) return <ShownOnce title={`${made.username} can sign in`} note={PASSED_ON} secret={password} label="the password" onClose={onClose} />;
  return (
    <FormDialog title="New user" submitLabel="Make the user" onSubmit={() => void submit()} onClose={onClose}>
      <Field label="Name" hint="To sign in with. Annotations carry it, so it never changes." error={problem}>
        {(control) => <input {...control} className={controlLook} value={name} autoComplete="off" spellCheck={false} dir="auto" onChange={({ target }) => setName(target.value)} />}
      </Field>
      <Field label="Mail address" hint="If you like; to sign in with as well.">
        {(control) => <input {...control} className={controlLook} value={email} autoComplete="off" spellCheck={false} onChange={({ target }) => setEmail(target.value)} />}
      </Field>
      <Select label="Role" value={role} options={OPTIONS} onChange={setRole} />
    </FormDialog>
  );
}
