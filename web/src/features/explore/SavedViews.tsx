import { type FormEvent, useState } from "react";

import { Link } from "../../router/Link";
import { Button } from "../../ui/Button";
import { controlLook, Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { toast } from "../../ui/Toasts";
import styles from "./menus.module.css";
import { keep, read, type SavedView, withoutView, withView } from "./savedViews";

/** Views that somebody gave a name in this browser: go to one, keep this one, drop one. `search` is the view that shows. */
export function SavedViews({ project, search }: { project: string; search: string }) {
  const [views, setViews] = useState(() => read(project));
  const change = (next: SavedView[]) => {
    setViews(next);
    if (!keep(project, next)) toast("This browser keeps nothing: the views are gone when the page is left.", { failed: true });
  };
  return (
    <Popover label="Views ▾">
      {(close) => (
        <div className={styles.menu}>
          {views.length === 0 && <p className={styles.hint}>No views yet. A view keeps filter, time, level, order and columns under a name, in this browser.</p>}
          {views.map((view) => (
            <div key={view.name} className={styles.row}>
              <Link to={`?${view.search}`} className={styles.entry ?? ""} aria-current={view.search === search} onClick={close}>
                <span className={styles.name}>{view.name}</span>
              </Link>
              <Button
                look="quiet"
                aria-label={`Drop the view ${view.name}`}
                onClick={() => {
                  change(withoutView(views, view.name));
                  toast(`The view “${view.name}” is gone.`, { undo: () => change(withView(read(project), view)) });
                }}
              >
                <Icon name="trash" />
              </Button>
            </div>
          ))}
          <KeepView
            onKeep={(name) => {
              change(withView(views, { name, search }));
              close();
              toast(`Kept as “${name}”.`);
            }}
          />
        </div>
      )}
    </Popover>
  );
}

function KeepView({ onKeep }: { onKeep: (name: string) => void }) {
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onKeep(name.trim());
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field label="Keep this view as">{(control) => <input {...control} className={controlLook} value={name} maxLength={60} autoComplete="off" onChange={({ target }) => setName(target.value)} />}</Field>
      <Button type="submit" disabled={!name.trim()}>
        Keep
      </Button>
    </form>
  );
}
