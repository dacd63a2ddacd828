import { account } from "../account";
import { signOut } from "../api/account";
import { paths } from "../paths";
import { type Preferences, prefer, usePreferences } from "../preferences";
import { Link } from "../router/Link";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import styles from "./PreferencesMenu.module.css";

const ROLES = { ADMIN: "admin", MEMBER: "member", ANNOTATOR: "annotator", VIEWER: "viewer" };

/** Who is here, and how the pages look. `onRename` is called when a name is to be asked for, `onLeave` when a link is followed. */
export function PreferencesPanel({ onRename, onLeave }: { onRename: () => void; onLeave: () => void }) {
  const { person, theme, density } = usePreferences();
  const user = account();
  return (
    <div className={styles.menu}>
      {user === null ? (
        <>
          <p>
            {person === null ? "You have not given a name yet." : <>You annotate as <strong>{person}</strong>.</>}
          </p>
          <Button onClick={onRename}>{person === null ? "Give a name…" : "Change the name…"}</Button>
        </>
      ) : (
        <>
          <p className={styles.who}>
            Signed in as <bdi><strong>{user.name}</strong></bdi>, {ROLES[user.role]}.
          </p>
          <nav aria-label="Account" className={styles.links}>
            <Link to={paths.account()} onClick={onLeave}>
              {user.role === "VIEWER" ? "My password" : "My password and API keys"}
            </Link>
            {user.role === "ADMIN" && (
              <>
                <Link to={paths.users()} onClick={onLeave}>
                  Users
                </Link>
                <Link to={paths.keys()} onClick={onLeave}>
                  API keys of all
                </Link>
              </>
            )}
          </nav>
          <Button onClick={() => void signOut().finally(() => location.assign(paths.signIn()))}>Sign out</Button>
        </>
      )}
      <Choice
        legend="Theme"
        value={theme}
        options={[
          ["system", "System"],
          ["light", "Light"],
          ["dark", "Dark"],
        ]}
        onChange={(value: Preferences["theme"]) => prefer({ theme: value })}
      />
      <Choice
        legend="Rows"
        value={density}
        options={[
          ["comfortable", "Comfortable"],
          ["compact", "Compact"],
        ]}
        onChange={(value: Preferences["density"]) => prefer({ density: value })}
      />
    </div>
  );
}
