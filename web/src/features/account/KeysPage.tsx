import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { allKeysQuery, deleteKey, type UserApiKey } from "../../api/account";
import { useOnTopic } from "../../api/live";
import { ErrorState } from "../../ui/ErrorState";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import styles from "./account.module.css";
import { Certain } from "./Certain";
import { Keys } from "./Keys";
import { KeyTable } from "./KeyTable";
import { Settings } from "./Settings";

/** The keys of the system, and those of all users, for admins. */
export function KeysPage() {
  return (
    <Settings title="API keys" note="What programs send instead of signing in. A key is shown once, when it is made.">
      <section className={styles.section} aria-labelledby="system">
        <h2 id="system">Of the system</h2>
        <p className={styles.note}>They belong to nobody, and may do what a member may. Give them to applications that send traces.</p>
        <Keys whose="system" />
      </section>
      <section className={styles.section} aria-labelledby="users">
        <h2 id="users">Of users</h2>
        <p className={styles.note}>Each acts as its user, and goes with the user. Users make them under “My account”.</p>
        <KeysOfUsers />
      </section>
    </Settings>
  );
}

function KeysOfUsers() {
  const keys = useQuery(allKeysQuery());
  const queries = useQueryClient();
  const [doomed, setDoomed] = useState<UserApiKey | null>(null);
  const fresh = () => queries.invalidateQueries({ queryKey: ["keys"] });
  useOnTopic("accounts", () => void fresh());
  if (keys.isPending) return <Skeleton rows={3} />;
  if (keys.isLoadingError) return <ErrorState message={keys.error.message} onRetry={() => void keys.refetch()} />;
  if (keys.data.length === 0) return <p className={styles.note}>No user has made one.</p>;
  return (
    <>
      <KeyTable caption="API keys of users" keys={keys.data} onDelete={setDoomed} />
      {doomed && (
        <Certain
          title={`Delete ${doomed.name} of ${doomed.user.username}?`}
          action="Delete the key"
          onConfirm={async () => {
            await deleteKey("users", doomed.id);
            await fresh();
            setDoomed(null);
            toast(`Deleted the key ${doomed.name} of ${doomed.user.username}. It is refused from now on.`);
          }}
          onClose={() => setDoomed(null)}
        >
          <p>Whatever still sends it is refused at once. This cannot be undone.</p>
        </Certain>
      )}
    </>
  );
}
