import { useState } from "react";

import { updateUser, type User } from "../../api/account";
import { Certain } from "./Certain";
import { madeUp, PASSED_ON } from "./Password";
import { ShownOnce } from "./ShownOnce";

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
  return <ShownOnce title={`The new password of ${user.username}`} note={PASSED_ON} secret={password} label="the password" onClose={onClose} />;
}
