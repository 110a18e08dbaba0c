import { useSyncExternalStore } from "react";

/** Bound to this origin by the browser; never part of an address that is sent or logged. */
const storageKey = "c360.token";

export interface Session {
  token: string | null;
  /** Why there is none: null at the first visit and after signing out. */
  ended: "refused" | null;
}

let session: Session = { token: readStored(), ended: null };
const listeners = new Set<() => void>();

function readStored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function change(next: Session): void {
  session = next;
  try {
    if (next.token === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, next.token);
  } catch {
    // Without storage a session lasts as long as its tab.
  }
  for (const listener of listeners) listener();
}

export function currentSession(): Session {
  return session;
}

export function signIn(token: string): void {
  change({ token, ended: null });
}

export function signOut(): void {
  change({ token: null, ended: null });
}

/** The platform refused `token`; a newer one that came in the meantime stays. */
export function endSession(token: string): void {
  if (session.token === token) change({ token: null, ended: "refused" });
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session {
  return useSyncExternalStore(onSession, currentSession);
}

/** Signing out in one tab signs out in all of them. */
export function followOtherTabs(target: Window): void {
  target.addEventListener("storage", (event) => {
    if (event.key !== storageKey && event.key !== null) return;
    session = { token: readStored(), ended: null };
    for (const listener of listeners) listener();
  });
}

/** The token of an address such as `/#token=…`; null without one. */
export function tokenInFragment(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim() ?? "";
  return token === "" ? null : token;
}

/** Signs in by the fragment, which no server sees, and takes it out of the address and the history at once. */
export function signInByFragment({ location, history }: Pick<Window, "location" | "history">): void {
  const token = tokenInFragment(location.hash);
  if (token === null) return;
  history.replaceState(history.state, "", `${location.pathname}${location.search}`);
  signIn(token);
}

/** Where to go after signing in: a path of the console itself, never another site. */
export function safeReturnPath(text: string | null): string {
  if (text === null || !/^\/(?![/\\])/.test(text) || text.startsWith("/sign-in")) return "/";
  return text;
}
