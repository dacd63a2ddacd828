import { useState } from "react";

import { updateUser, type User } from "../../api/account";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import styles from "./account.module.css";
import { Certain } from "./Certain";
import { madeUp } from "./Password";
import { Secret } from "./Secret";

/** Gives somebody who forgot a password another one, and shows it once. */
export function ResetPassword({ user, onClose }: { user: User; onClose: () => void }) {
  const [password] = useState(madeUp);
  const [done, setDone] = useState(false);
  if (!done) {
    return (
      <Certain
        title={`A new password for ${user.username}?`}
        action="Set a new password"
        onConfirm={async () => {
          await updateUser(user.id, { password });
          setDone(true);
        }}
        onClose={onClose}
      >
        <p>The old one no longer counts, and {user.username} is signed out everywhere. Keys go on.</p>
      </Certain>
    );
  }
  return (
    <Dialog
      title={`The new password of ${user.username}`}
      onClose={onClose}
      actions={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <p className={styles.note}>It is not shown again. Pass it on where others do not read along; it is to be changed after signing in.</p>
      <Secret text={password} label="the password" />
    </Dialog>
  );
}
