import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { NameForm } from "./NameForm";

/** Asks for the name in a dialog, where somebody wants to annotate and has not given one, or wants another. */
export function AskName({ onDone, onClose, isTaken }: { onDone: () => void; onClose: () => void; isTaken?: (identifier: string) => Promise<boolean> }) {
  return (
    <Dialog title="Who are you?" onClose={onClose}>
      <NameForm onDone={onDone} isTaken={isTaken} actions={<Button onClick={onClose}>Cancel</Button>} />
    </Dialog>
  );
}
