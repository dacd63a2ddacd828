import { useState } from "react";

import { changePassword } from "../../api/account";
import { Button } from "../../ui/Button";
import styles from "./account.module.css";
import { Password, problemOf, SHORTEST } from "./Password";

/** Another password of one's own. */
export function ChangePassword({ name, onChanged }: { name: string; onChanged: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function submit() {
    const found = problemOf(next, again);
    setProblem(found);
    setRefusal(null);
    if (found !== null) return undefined;
    try {
      await changePassword(current, next);
      setCurrent("");
      setNext("");
      setAgain("");
      onChanged();
    } catch (reason) {
      setRefusal((reason as Error).message);
    }
    return undefined;
  }

  return (
    <form
      className={`${styles.form} ${styles.narrow}`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input type="hidden" autoComplete="username" value={name} readOnly />
      <Password label="Current password" value={current} use="current-password" onChange={setCurrent} error={refusal} />
      <Password label="New password" hint={`At least ${SHORTEST} characters.`} value={next} use="new-password" onChange={setNext} error={problem} />
      <Password label="New password, once more" value={again} use="new-password" onChange={setAgain} />
      <p>
        <Button type="submit">Change the password</Button>
      </p>
    </form>
  );
}
