/**
 * Who is signed in, where the server asks. It is known before the first page is shown, and changes with a new visit only.
 * Where somebody else chose the password, the server takes nothing but another one.
 */
export type Account = { name: string; role: "ADMIN" | "MEMBER" | "ANNOTATOR" | "VIEWER"; choosesPassword: boolean };

let signedIn: Account | null = null;

/** Whether the server asks who one is; it says so in the document. While developing, the document is not the server's. */
export function asksWho(): boolean {
  return typeof document !== "undefined" && (document.documentElement.dataset.accounts === "on" || import.meta.env.DEV);
}

/** Who is signed in; null where nobody is asked. */
export function account(): Account | null {
  return signedIn;
}

/** Tell who is signed in, before anything is shown. */
export function enter(who: Account | null): void {
  signedIn = who;
}

/** Whether the person may annotate; without accounts everybody may. */
export function mayAnnotate(): boolean {
  return signedIn?.role !== "VIEWER";
}

/** Where to go on after signing in: a place of this server, whatever the address says. */
export function nextOf(search: string, origin: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  try {
    const { origin: there, pathname, search: query, hash } = new URL(next, origin);
    return there === origin && !pathname.startsWith("/login") && !pathname.startsWith("//") ? `${pathname}${query}${hash}` : "/";
  } catch {
    return "/";
  }
}
