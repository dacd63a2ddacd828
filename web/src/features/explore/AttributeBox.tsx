import { type KeyboardEvent, useId, useState } from "react";

import { controlLook } from "../../ui/Field";
import styles from "./MappingFields.module.css";

const MOST = 50;

/** The name of an attribute, with those that occur below it while it is typed: arrow keys choose, Enter or Tab takes. */
export function AttributeBox({
  label,
  value,
  onChange,
  error,
  offered,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The id of the sentence that says what is wrong. */
  error: string | undefined;
  offered: readonly string[];
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState<number | null>(null);
  const fitting = open ? fittingOf(offered, value) : [];
  const shown = fitting.length > 0;
  const chosen = active === null ? undefined : fitting[active];
  return (
    <span className={styles.box}>
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${active}`}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error}
        className={`${controlLook} ${styles.attribute}`}
        value={value}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={({ target }) => {
          onChange(target.value);
          show();
        }}
        onClick={show}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <span id={`${id}-list`} role="listbox" aria-label="Attributes that occur" className={styles.list} hidden={!shown}>
        {fitting.map((name, index) => (
          // The keyboard takes an offer from the field, which keeps the focus.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <span
            key={name}
            id={`${id}-${index}`}
            ref={index === active ? intoView : undefined}
            role="option"
            aria-selected={index === active}
            className={styles.option}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(name)}
          >
            {name}
          </span>
        ))}
      </span>
    </span>
  );

  function show() {
    setOpen(true);
    setActive(null);
  }

  function take(name: string) {
    onChange(name);
    setOpen(false);
  }

  function onKeyDown(event: KeyboardEvent) {
    const last = fitting.length - 1;
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" && shown) setActive(active === null || active === last ? 0 : active + 1);
    else if (event.key === "ArrowUp" && shown) setActive(active === null || active === 0 ? last : active - 1);
    else if (event.key === "ArrowDown") show();
    else if (event.key === "Enter" && chosen !== undefined) take(chosen);
    else if (event.key === "Escape" && shown) setOpen(false);
    else {
      if (event.key === "Tab" && chosen !== undefined) take(chosen);
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // Escape shuts the list, not the sheet
  }
}

/** Those that begin with what was typed, then those that contain it. */
function fittingOf(offered: readonly string[], typed: string): string[] {
  const text = typed.trim().toLowerCase();
  const begin = offered.filter((name) => name.toLowerCase().startsWith(text));
  const contain = offered.filter((name) => !name.toLowerCase().startsWith(text) && name.toLowerCase().includes(text));
  return [...begin, ...contain].slice(0, MOST);
}

function intoView(option: HTMLElement | null) {
  option?.scrollIntoView({ block: "nearest" });
}
