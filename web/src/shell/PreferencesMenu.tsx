import { useState } from "react";

import { AskName } from "../person/AskName";
import { type Preferences, prefer, usePreferences } from "../preferences";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import styles from "./PreferencesMenu.module.css";

/** Who annotates here, and how the pages look. */
export function PreferencesMenu() {
  const { person, theme, density } = usePreferences();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Popover look="quiet" name={person === null ? "You and the look of the pages" : `${person}, and the look of the pages`} label={<><Icon name="person" /> <span className={styles.name}>{person ?? "You"}</span></>}>
        {(close) => (
          <div className={styles.menu}>
            <p>
              {person === null ? "You have not given a name yet." : <>You annotate as <strong>{person}</strong>.</>}
            </p>
            <Button
              onClick={() => {
                close();
                setAsking(true);
              }}
            >
              {person === null ? "Give a name…" : "Change the name…"}
            </Button>
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
        )}
      </Popover>
      {asking && <AskName onDone={() => setAsking(false)} onClose={() => setAsking(false)} />}
    </>
  );
}
