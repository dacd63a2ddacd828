import { answered, client } from "./client";
import type { Annotation, Item } from "./item";
import type { components } from "./schema";

type AnnotationPut = components["schemas"]["AnnotationPut"];

/** One answer for many items, in one person's name. */
export type BulkAnswer = Pick<AnnotationPut, "name" | "identifier"> & { result: { label: string | null; score: number | null; explanation: string | null } };

/** What a bulk answer did, as far as it came: enough to take it back. */
export type BulkDone = { count: number; made: string[]; replaced: AnnotationPut[] };

const CHUNK = 250;
const MOST_IDS = 10_000;

/**
 * Give one answer to all items of `portions`. What was written is told in `onProgress` and stays written when something
 * fails or `signal` stops it; a person's older answer under the same name is kept for the undo.
 */
export async function annotateAll(portions: AsyncIterable<readonly Item[]>, answer: BulkAnswer, onProgress: (done: BulkDone) => void, signal: AbortSignal): Promise<void> {
  let done: BulkDone = { count: 0, made: [], replaced: [] };
  for await (const portion of portions) {
    for (let start = 0; start < portion.length; start += CHUNK) {
      if (signal.aborted) return;
      const items = portion.slice(start, start + CHUNK);
      const before = items.flatMap((item) => item.annotations.filter(({ name, identifier, target }) => name === answer.name && identifier === answer.identifier && target.kind === item.target_kind));
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the server writes one at a time, and Stop has to mean it
      const written = await put(items.map((item) => answerFor(item, answer)));
      done = {
        count: done.count + written.length,
        made: [...done.made, ...written.filter(({ created_at, updated_at }) => created_at === updated_at).map(({ id }) => id)],
        replaced: [...done.replaced, ...before.map(asBefore)],
      };
      onProgress(done);
    }
  }
}

/** Take a bulk answer back: what it made goes, what it replaced returns. */
export async function takeBack({ made, replaced }: BulkDone): Promise<void> {
  for (let start = 0; start < made.length; start += MOST_IDS) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    await answered(client.POST("/v1/annotations/delete", { body: { ids: made.slice(start, start + MOST_IDS) } }));
  }
  for (let start = 0; start < replaced.length; start += CHUNK) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    await put(replaced.slice(start, start + CHUNK));
  }
}

async function put(annotations: AnnotationPut[]): Promise<Annotation[]> {
  return (await answered(client.PUT("/v1/annotations", { body: { data: annotations } }))).data;
}

function answerFor({ target_kind, id }: Item, answer: BulkAnswer): AnnotationPut {
  return { ...answer, target: { kind: target_kind, id }, annotator_kind: "HUMAN", source: "APP" };
}

function asBefore({ target, name, annotator_kind, identifier, result, metadata, source }: Annotation): AnnotationPut {
  return { target, name, annotator_kind, identifier, result, metadata, source };
}
