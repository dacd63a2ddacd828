import { useId, useState } from "react";

import { createUser, type Role, type User } from "../../api/account";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";
import { Select } from "../../ui/Select";
import styles from "./account.module.css";
import { madeUp } from "./Password";
import { ROLES } from "./roles";
import { Secret } from "./Secret";

const OPTIONS = (Object.keys(ROLES) as Role[]).map((role) => [role, `${ROLES[role].title}: ${ROLES[role].says}`] as const);

/** Makes a user with a made-up password, and shows it: the admin passes it on, the user chooses another. */
export function NewUser({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const form = useId();
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

  if (made !== null) {
    return (
      <Dialog
        title={`${made.username} can sign in`}
        onClose={onClose}
        actions={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <p className={styles.note}>With this password, which is not shown again. Pass it on where others do not read along; it is to be changed after signing in.</p>
        <Secret text={password} label="the password" />
      </Dialog>
    );
  }
  return (
    <Dialog
      title="New user"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form}>
            Make the user
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
        <Field label="Name" hint="To sign in with. Annotations carry it, so it never changes." error={problem}>
          {(control) => <input {...control} className={controlLook} value={name} autoComplete="off" spellCheck={false} dir="auto" onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Field label="Mail address" hint="If you like; to sign in with as well.">
          {(control) => <input {...control} className={controlLook} value={email} autoComplete="off" spellCheck={false} onChange={({ target }) => setEmail(target.value)} />}
        </Field>
        <Select label="Role" value={role} options={OPTIONS} onChange={setRole} />
      </form>
    </Dialog>
  );
}
