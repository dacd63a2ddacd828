/** Things kept in this browser by their key, over reloads. Where the browser keeps nothing, nothing is kept. */
export type Shelf<T> = { all: () => Promise<T[]>; put: (key: string, value: T) => void; remove: (key: string) => void };

/** A shelf in IndexedDB, one database each. Changes happen in the order in which they were asked for. */
export function shelf<T>(name: string): Shelf<T> {
  let opened: Promise<IDBDatabase | null> | null = null;
  const open = () => (opened ??= database(name));
  const change = (work: (store: IDBObjectStore) => void) => {
    void open().then((db) => {
      if (db) work(db.transaction(STORE, "readwrite", { durability: "relaxed" }).objectStore(STORE));
    });
  };
  return {
    all: async () => {
      const db = await open();
      return db === null ? [] : await answerOf<T[]>(db.transaction(STORE).objectStore(STORE).getAll());
    },
    put: (key, value) => change((store) => store.put(value, key)),
    remove: (key) => change((store) => store.delete(key)),
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
