import type { ReviewItem } from "../../api/reviewItem";
import { conversationOf } from "../../domain/conversation";
import { plainTextOf } from "../../domain/message";
import { KeyHint } from "../../ui/KeyHint";
import { PLACES } from "./ids";
import { Writing } from "./Writing";

/** The answer as it should have been. It begins with the answer as it is. */
export function Correction({ review, correction, onWrite }: { review: ReviewItem; correction: string | null; onWrite: (text: string) => void }) {
  return (
    <Writing
      id={PLACES.correction}
      label={
        <>
          Your correction of the answer <KeyHint keys="c" />
        </>
      }
      hint="Kept apart from the answer, as yours. Exports offer it as the expected output. Empty it to take it back."
      rows={4}
      value={correction ?? originalOf(review)}
      onWrite={onWrite}
    />
  );
}

function originalOf({ span, turns, item }: ReviewItem): string {
  if (span === null) return turns.at(-1)?.output ?? item.output ?? "";
  return conversationOf(span).answer.map(plainTextOf).join("\n\n");
}
