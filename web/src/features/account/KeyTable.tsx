import type { ApiKey, UserApiKey } from "../../api/account";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./account.module.css";

type Props<Key extends ApiKey> = { caption: string; keys: readonly Key[]; onDelete: (key: Key) => void };

/** Keys, one a row, by all that is known of them: not by themselves. */
export function KeyTable<Key extends ApiKey | UserApiKey>({ caption, keys, onDelete }: Props<Key>) {
  const whose = keys.some((key) => "user" in key);
  return (
    <table className={styles.table}>
      <caption className="spoken">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          {whose && <th scope="col">User</th>}
          <th scope="col">Ends in</th>
          <th scope="col">Made</th>
          <th scope="col">Last used</th>
          <th scope="col">Expires</th>
          <th scope="col">
            <span className="spoken">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row" dir="auto">
              {key.name}
              {key.description && <span className={styles.more}>{key.description}</span>}
            </th>
            {whose && (
              <td data-head="User" dir="auto">
                {"user" in key ? key.user.username : ""}
              </td>
            )}
            <td data-head="Ends in" className={styles.code}>
              …{key.last_four}
            </td>
            <td data-head="Made">
              <Timestamp iso={key.created_at} />
            </td>
            <td data-head="Last used">{key.last_used_at ? <Timestamp iso={key.last_used_at} /> : "never"}</td>
            <td data-head="Expires">{key.expires_at ? <Timestamp iso={key.expires_at} /> : "never"}</td>
            <td className={styles.actions}>
              <Button look="quiet" aria-label={`Delete the key ${key.name}`} title="Delete" onClick={() => onDelete(key)}>
                <Icon name="trash" />
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
