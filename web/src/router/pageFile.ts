import { type ComponentType, useEffect, useState } from "react";

/** A page that is a file of its own: nobody waits for a page that they do not look at. `component` is null until it is there. */
export type PageFile = { load: () => Promise<void>; component: ComponentType | null };

export function pageFile(fetched: () => Promise<ComponentType>): PageFile {
  const file: PageFile = {
    component: null,
    load: async () => {
      file.component ??= await fetched();
    },
  };
  return file;
}

/**
 * Draws again once the page's file is there; throws when it does not come. Not `lazy` in `Suspense`: what comes just
 * after a fallback, React holds back until the fallback has stood for 300 ms.
 */
export function usePageFile(file: PageFile): void {
  const [outcome, setOutcome] = useState<{ file: PageFile; failure: unknown } | null>(null);
  useEffect(() => {
    let left = false;
    if (file.component !== null) return undefined;
    file.load().then(
      () => left || setOutcome({ file, failure: null }),
      (failure: unknown) => left || setOutcome({ file, failure }),
    );
    return () => {
      left = true;
    };
  }, [file]);
  if (outcome?.file === file && outcome.failure !== null) throw outcome.failure;
}
