import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type ApiKey, deleteKey, keysQuery, type Whose } from "../../api/account";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import styles from "./account.module.css";
import { Certain } from "./Certain";
import { KeyTable } from "./KeyTable";
import { NewKey } from "./NewKey";

/** One's own keys, or those of the system: made and deleted. */
export function Keys({ whose }: { whose: Whose }) {
  const keys = useQuery(keysQuery(whose));
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const fresh = () => queries.invalidateQueries({ queryKey: ["keys"] });
  return (
    <>
      <p className={styles.toolbar}>
        <Button onClick={() => setMaking(true)}>
          <Icon name="plus" /> New key
        </Button>
      </p>
      {keys.isPending && <Skeleton rows={3} />}
      {keys.isLoadingError && <ErrorState message={keys.error.message} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <EmptyState title="There is no key yet" />}
      {keys.data && keys.data.length > 0 && <KeyTable caption={whose === "user" ? "My API keys" : "API keys of the system"} keys={keys.data} onDelete={setDoomed} />}
      {making && (
        <NewKey
          whose={whose}
          onMade={() => void fresh()}
          onClose={() => setMaking(false)}
        />
      )}
      {doomed && (
        <Certain
          title={`Delete ${doomed.name}?`}
          action="Delete the key"
          onConfirm={async () => {
            await deleteKey(whose, doomed.id);
            await fresh();
            setDoomed(null);
            toast(`Deleted the key ${doomed.name}. It is refused from now on.`);
          }}
          onClose={() => setDoomed(null)}
        >
          <p>Whatever still sends it is refused at once. This cannot be undone.</p>
        </Certain>
      )}
    </>
  );
}
