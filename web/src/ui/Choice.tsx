import { useId } from "react";

import styles from "./Choice.module.css";

/** One of a few: radio buttons that look like one control. Arrow keys move, as in any group of radios. */
export function Choice<T extends string>({
  legend,
  value,
  options,
  onChange,
  legendShown = true,
}: {
  legend: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  legendShown?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className={styles.group}>
      <legend className={legendShown ? styles.legend : "spoken"}>{legend}</legend>
      <div className={styles.row}>
        {options.map(([option, text]) => (
          <label key={option} className={styles.option}>
            <input type="radio" name={name} value={option} checked={value === option} onChange={() => onChange(option)} className={styles.input} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
