import { useId, useState } from "react";

import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";

/** Name and description of a project, in a dialog. What the server refuses is shown at the name. */
export function ProjectForm({
  title,
  initial,
  nameHint,
  fixedName,
  submitLabel,
  onSubmit,
  onClose,
}: {
  title: string;
  initial: { name: string; description?: string | null };
  nameHint: (name: string) => string | undefined;
  /** Why the name cannot be changed; null when it can. */
  fixedName: string | null;
  submitLabel: string;
  /** Rejects with what the server says against it. */
  onSubmit: (name: string, description: string | null) => Promise<void>;
  onClose: () => void;
}) {
  const form = useId();
  const [name, setName] = useState(initial.name);
  const [description, setDescription] = useState(initial.description ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit() {
    if (!name.trim()) {
      setProblem("A project needs a name.");
      return;
    }
    setBusy(true);
    try {
      await onSubmit(name.trim(), description.trim() || null);
    } catch (refusal) {
      setProblem(refusal instanceof Error ? refusal.message : String(refusal));
      setBusy(false);
    }
  }

  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} disabled={busy}>
            {submitLabel}
          </Button>
        </>
      }
    >
      <form
        id={form}
        style={{ display: "grid", gap: "var(--space-4)" }}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Name" hint={fixedName ?? nameHint(name)} error={problem}>
          {(control) => <input {...control} className={controlLook} value={name} readOnly={fixedName !== null} autoComplete="off" spellCheck={false} dir="auto" onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Field label="Description" hint="What the application is, for those who see it in the list.">
          {(control) => <input {...control} className={controlLook} value={description} autoComplete="off" dir="auto" onChange={({ target }) => setDescription(target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
