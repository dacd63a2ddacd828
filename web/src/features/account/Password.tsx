import { controlLook, Field } from "../../ui/Field";

type Props = { label: string; value: string; onChange: (value: string) => void; use: "current-password" | "new-password"; hint?: string; error?: string | null };

/** A field for a password. `use` tells password managers what it is for. */
export function Password({ label, value, onChange, use, hint, error }: Props) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input {...control} type="password" className={controlLook} value={value} autoComplete={use} onChange={({ target }) => onChange(target.value)} />}
    </Field>
  );
}

/** What to do with a password that was made for somebody else. */
export const PASSED_ON = "It is not shown again. Pass it on where others do not read along; it is to be changed after signing in.";

export const SHORTEST = 8;

/** What is wrong with a new password; null: nothing. */
export function problemOf(password: string, again: string): string | null {
  if (password.length < SHORTEST) return `At least ${SHORTEST} characters.`;
  return password === again ? null : "The two are not the same.";
}

/** A password to begin with, easy to read out: nobody has thought of it before. */
export function madeUp(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789"; // 32, none that looks like another: each is five bits
  const drawn = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(drawn, (byte) => letters[byte % letters.length]).join("").replace(/.{4}(?=.)/g, "$&-");
}
