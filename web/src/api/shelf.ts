/** Things kept in this browser by their key, over reloads. Where the browser keeps nothing, nothing is kept. */
export type Shelf<T> = { all: () => Promise<T[]>; put: (key: string, value: T) => void; remove: (key: string) => void };

/**
 * A shelf in IndexedDB, one database each. Changes happen in the order in which they were asked for. Each is jotted down at
 * once, until the database has it: a page that is left a moment later would take what is on its way there with it.
 */
export function shelf<T>(name: string): Shelf<T> {
  let opened: Promise<IDBDatabase | null> | null = null;
  const open = () => (opened ??= database(name));
  const change = (key: string, value: T | null) => {
    const jotted = jot(name, key, value);
    void open().then((db) => {
      if (!db) return;
      const transaction = db.transaction(STORE, "readwrite", { durability: "relaxed" });
      if (value === null) transaction.objectStore(STORE).delete(key);
      else transaction.objectStore(STORE).put(value, key);
      transaction.addEventListener("complete", () => wipe(name, key, jotted));
    });
  };
  return {
    all: async () => {
      const db = await open();
      const things = new Map<string, T>();
      if (db !== null) {
        const store = db.transaction(STORE).objectStore(STORE);
        const [keys, values] = await Promise.all([answerOf(store.getAllKeys()), answerOf<T[]>(store.getAll())]);
        for (const [place, value] of values.entries()) things.set(String(keys[place]), value);
      }
      for (const [key, value] of jottings<T>(name)) {
        if (value !== null) things.set(key, value);
        else if (things.delete(key)) change(key, null);
      }
      return [...things.values()];
    },
    put: (key, value) => change(key, value),
    remove: (key) => change(key, null),
  };
}

const STORE = "kept";

async function database(name: string): Promise<IDBDatabase | null> {
  try {
    const request = indexedDB.open(name, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
    return await answerOf(request);
  } catch {
    return null; // a browser that keeps nothing: what waits is lost with the page
  }
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB failed")));
  });
}

/** Write a change down at once; null takes a thing away. Returns what was written. */
function jot(name: string, key: string, value: unknown): string {
  const text = JSON.stringify(value);
  try {
    paper()?.setItem(`${name} ${key}`, text);
  } catch {
    // full: then only the database has it, a moment later
  }
  return text;
}

/** Forget a change that is in the database now, unless another one came since. */
function wipe(name: string, key: string, jotted: string): void {
  const place = `${name} ${key}`;
  if (paper()?.getItem(place) === jotted) paper()?.removeItem(place);
}

/** The changes that were written down and may not have reached the database. */
function jottings<T>(name: string): [string, T | null][] {
  return Object.entries(paper() ?? {}).flatMap(([place, text]) => (place.startsWith(`${name} `) ? [[place.slice(name.length + 1), JSON.parse(text) as T | null]] : []));
}

/** Where changes are written down; null where that is forbidden. */
function paper(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
