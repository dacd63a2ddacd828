import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { account } from "../../account";
import { deleteUser, type Role, updateUser, type User, usersQuery } from "../../api/account";
import { useOnTopic } from "../../api/live";
import { Button } from "../../ui/Button";
import { controlLook } from "../../ui/Field";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { Skeleton } from "../../ui/Skeleton";
import { Timestamp } from "../../ui/Timestamp";
import { toast } from "../../ui/Toasts";
import styles from "./account.module.css";
import { Certain } from "./Certain";
import { NewUser } from "./NewUser";
import { ResetPassword } from "./ResetPassword";
import { ROLES } from "./roles";
import { Settings } from "./Settings";

/** The users, for admins: made, given another role or password, deleted. */
export function UsersPage() {
  return (
    <Settings title="Users" note="Who may sign in, and what each may do. Annotations carry the name of who gave them, so a name never changes.">
      <Users />
    </Settings>
  );
}

function Users() {
  const users = useQuery(usersQuery());
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [reset, setReset] = useState<User | null>(null);
  const [doomed, setDoomed] = useState<User | null>(null);
  const fresh = () => queries.invalidateQueries({ queryKey: ["users"] });
  useOnTopic("accounts", () => void fresh());

  async function setRole(user: User, role: Role) {
    try {
      await updateUser(user.id, { role });
      toast(`${user.username} is ${ROLES[role].name} now.`);
    } catch (refusal) {
      toast((refusal as Error).message, { failed: true });
    }
    await fresh();
  }

  if (users.isPending) return <Skeleton rows={4} />;
  if (users.isLoadingError) return <ErrorState message={users.error.message} onRetry={() => void users.refetch()} />;
  return (
    <>
      <p className={styles.toolbar}>
        <Button look="primary" onClick={() => setMaking(true)}>
          <Icon name="plus" /> New user
        </Button>
      </p>
      <table className={styles.table}>
        <caption className="spoken">Users</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Mail address</th>
            <th scope="col">Role</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span className="spoken">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.data.map((user) => (
            <tr key={user.id}>
              <th scope="row" dir="auto">
                {user.username}
                {user.username === account()?.name && <span className={styles.more}>you</span>}
              </th>
              <td data-head="Mail address">{user.email}</td>
              <td data-head="Role">
                <select aria-label={`Role of ${user.username}`} className={controlLook} style={{ width: "auto" }} value={user.role} onChange={({ target }) => void setRole(user, target.value as Role)}>
                  {Object.entries(ROLES).map(([role, { title }]) => (
                    <option key={role} value={role}>
                      {title}
                    </option>
                  ))}
                </select>
              </td>
              <td data-head="Made">
                <Timestamp iso={user.created_at} />
              </td>
              <td className={styles.actions}>
                <Button look="quiet" aria-label={`New password for ${user.username}`} onClick={() => setReset(user)}>
                  New password
                </Button>
                <Button look="quiet" aria-label={`Delete ${user.username}`} title="Delete" onClick={() => setDoomed(user)}>
                  <Icon name="trash" />
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {making && <NewUser onMade={() => void fresh()} onClose={() => setMaking(false)} />}
      {reset && <ResetPassword user={reset} onClose={() => setReset(null)} />}
      {doomed && (
        <Certain
          title={`Delete ${doomed.username}?`}
          action="Delete the user"
          onConfirm={async () => {
            await deleteUser(doomed.id);
            await fresh();
            setDoomed(null);
            toast(`Deleted ${doomed.username}.`);
          }}
          onClose={() => setDoomed(null)}
        >
          <p>The user is signed out everywhere, and all of the user’s keys are refused. Annotations stay under the name, which is not given again. This cannot be undone.</p>
        </Certain>
      )}
    </>
  );
}
