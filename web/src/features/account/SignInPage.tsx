import { useState } from "react";

import { nextOf } from "../../account";
import { signIn } from "../../api/account";
import { Button } from "../../ui/Button";
import { controlLook, Field } from "../../ui/Field";
import styles from "./account.module.css";
import { Password } from "./Password";

/** Where one signs in, and goes on to where one wanted to. */
export function SignInPage() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit() {
    if (!name.trim() || !password) return setProblem("Name and password are needed.");
    setBusy(true);
    try {
      await signIn(name.trim(), password);
      location.assign(nextOf(location.search, location.origin)); // a new visit, as somebody
    } catch (refusal) {
      setProblem((refusal as Error).message);
      setPassword("");
      setBusy(false);
    }
    return undefined;
  }

  return (
    <main className={styles.door}>
      <title>Sign in · Rubricate</title>
      <p className={styles.brand}>Rubricate</p>
      <div className={styles.card}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <h1 className={styles.title}>Sign in</h1>
          <Field label="Name" hint="Or your mail address.">
            {(control) => (
              // oxlint-disable-next-line jsx-a11y/no-autofocus -- it is the one thing to do here
              <input {...control} className={controlLook} value={name} autoComplete="username" autoCapitalize="none" spellCheck={false} dir="auto" autoFocus onChange={({ target }) => setName(target.value)} />
            )}
          </Field>
          <Password label="Password" value={password} use="current-password" onChange={setPassword} />
          {problem !== null && (
            <p role="alert" className={styles.alert}>
              <span aria-hidden="true">✕</span> {problem}
            </p>
          )}
          <Button look="primary" type="submit" disabled={busy}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
