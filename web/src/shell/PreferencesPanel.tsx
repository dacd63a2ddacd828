import { type Preferences, prefer, usePreferences } from "../preferences";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import styles from "./PreferencesMenu.module.css";

/** Who annotates here, and how the pages look. `onRename` is called when a name is to be asked for. */
export function PreferencesPanel({ onRename }: { onRename: () => void }) {
  const { person, theme, density } = usePreferences();
  return (
    <div className={styles.menu}>
      <p>
        {person === null ? "You have not given a name yet." : <>You annotate as <strong>{person}</strong>.</>}
      </p>
      <Button onClick={onRename}>{person === null ? "Give a name…" : "Change the name…"}</Button>
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
