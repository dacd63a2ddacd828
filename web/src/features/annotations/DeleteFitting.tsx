import { account } from "../../account";
import type { AnnotationFilter } from "../../api/annotation";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { described } from "./filter";

/** Says what will be gone, and for how long it can be brought back. */
export function DeleteFitting({ filter, onConfirm, onClose }: { filter: AnnotationFilter; onConfirm: () => void; onClose: () => void }) {
  const user = account();
  const mayDeleteAll = user === null || user.role === "ADMIN";
  return (
    <Dialog
      title="Delete all that fit?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" onClick={onConfirm}>
            Delete them
          </Button>
        </>
      }
    >
      <p>
        This deletes every annotation {described(filter)}: also those not shown yet, {mayDeleteAll ? "and those of others" : "but nothing if some are somebody else’s"}. You can undo it right after; their history is
        kept.
      </p>
    </Dialog>
  );
}
