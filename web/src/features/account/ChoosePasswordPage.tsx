import { account } from "../../account";
import styles from "./account.module.css";
import { ChangePassword } from "./ChangePassword";

/** What stands at every address until one has a password of one's own; then the address is visited anew. */
export function ChoosePasswordPage() {
  return (
    <main className={styles.door}>
      <title>Choose a password · Rubricate</title>
      <p className={styles.brand}>Rubricate</p>
      <div className={styles.card}>
        <div className={styles.form}>
          <h1 className={styles.title}>Choose a password</h1>
          <p>Somebody else chose your password. Take one that only you know.</p>
          <ChangePassword name={account()?.name ?? ""} onChanged={() => location.reload()} />
        </div>
      </div>
    </main>
  );
}
