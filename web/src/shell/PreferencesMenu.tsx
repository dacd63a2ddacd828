import { lazy, Suspense, useState } from "react";

import { usePreferences } from "../preferences";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import { Skeleton } from "../ui/Skeleton";
import styles from "./PreferencesMenu.module.css";

const PreferencesPanel = lazy(async () => ({ default: (await import("./PreferencesPanel")).PreferencesPanel }));
const AskName = lazy(async () => ({ default: (await import("../person/AskName")).AskName }));

/** The button of who annotates here; what can be chosen is loaded when it is opened. */
export function PreferencesMenu() {
  const { person } = usePreferences();
  const [asking, setAsking] = useState(false);
  const done = () => setAsking(false);
  return (
    <>
      <Popover
        look="quiet"
        name={person === null ? "You and the look of the pages" : `${person}, and the look of the pages`}
        label={
          <>
            <Icon name="person" /> <span className={styles.name}>{person ?? "You"}</span>
          </>
        }
      >
        {(close) => (
          <Suspense fallback={<Skeleton rows={3} />}>
            <PreferencesPanel
              onLeave={close}
              onRename={() => {
                close();
                setAsking(true);
              }}
            />
          </Suspense>
        )}
      </Popover>
      {asking && (
        <Suspense fallback={null}>
          <AskName onDone={done} onClose={done} />
        </Suspense>
      )}
    </>
  );
}
