import { Fragment } from "react";

import { type Binding, KEYMAP, type Scope } from "../keys/keymap";
import { prefer, usePreferences } from "../preferences";
import { Dialog } from "../ui/Dialog";
import { readable } from "../ui/KeyHint";
import styles from "./KeyList.module.css";

const PAGES: Record<Scope, string> = { everywhere: "Everywhere", explore: "Explore", trace: "Trace", review: "Review" };

/** Every key, from the table that feeds the handlers, and the switch that turns single keys off. */
export function KeyList({ onClose }: { onClose: () => void }) {
  const { singleKeys } = usePreferences();
  return (
    <Dialog title="Keys" onClose={onClose}>
      <label className={styles.switch}>
        <input type="checkbox" checked={singleKeys} onChange={(event) => prefer({ singleKeys: event.target.checked })} /> Keys without Ctrl or ⌘ do something
      </label>
      {(Object.keys(KEYMAP) as Scope[]).map((scope) => (
        <section key={scope} aria-labelledby={`keys-${scope}`} className={styles.scope}>
          <h3 id={`keys-${scope}`} className={styles.title}>
            {PAGES[scope]}
          </h3>
          <dl className={styles.keys}>
            {Object.entries<Binding>(KEYMAP[scope]).map(([action, { keys, says }]) => (
              <Fragment key={action}>
                <dt>
                  {keys.length > 3 ? (
                    <kbd>
                      {keys[0]}–{keys.at(-2)}, {keys.at(-1)}
                    </kbd>
                  ) : (
                    keys.map((key) => <kbd key={key}>{readable(key)}</kbd>)
                  )}
                </dt>
                <dd>{says}</dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
