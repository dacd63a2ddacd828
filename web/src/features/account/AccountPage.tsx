import { account } from "../../account";
import { Page } from "../../ui/Page";
import { toast } from "../../ui/Toasts";
import styles from "./account.module.css";
import { ChangePassword } from "./ChangePassword";
import { Keys } from "./Keys";

/** One's own password and keys. */
export function AccountPage() {
  const user = account();
  if (user === null) return <Page title="My account">This server asks nobody to sign in, so there are no accounts. RUBRICATE_AUTH=true turns them on.</Page>;
  return (
    <Page title="My account" note={`You are ${user.name}. What you annotate carries this name.`}>
      <section className={styles.section} aria-labelledby="password">
        <h2 id="password">Password</h2>
        <ChangePassword name={user.name} onChanged={() => toast("Your password is changed. Other browsers are signed out.")} />
      </section>
      {user.role !== "VIEWER" && (
        <section className={styles.section} aria-labelledby="keys">
          <h2 id="keys">My API keys</h2>
          <p className={styles.note}>For your notebooks and scripts: what they annotate with such a key is yours. Applications that send traces had better use a key of the system, which an admin makes.</p>
          <Keys whose="user" />
        </section>
      )}
    </Page>
  );
}
