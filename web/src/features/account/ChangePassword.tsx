import { useState } from "react";

import { nextOf } from "../../account";
import { changePassword } from "../../api/account";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/Toasts";
import styles from "./account.module.css";
import { Password, problemOf, SHORTEST } from "./Password";

/** Another password of one's own. `isAsked`: somebody else chose the one that is in force. */
export function ChangePassword({ name, isAsked }: { name: string; isAsked: boolean }) {
  const [asked, setAsked] = useState(isAsked);
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
      setAsked(false);
      if (asked && new URLSearchParams(location.search).has("next")) return location.assign(nextOf(location.search, location.origin));
      toast("Your password is changed. Other browsers are signed out.");
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
      {asked && <p role="status">Somebody else chose your password. Take one that only you know.</p>}
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
