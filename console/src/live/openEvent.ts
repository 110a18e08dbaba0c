/** The event whose details stand open: the page's address names it. */
export interface OpenedEvent {
  source: string;
  messageId: string;
}

/** Ids of sources have no spaces; message ids may. */
export function openedOf(search: URLSearchParams): OpenedEvent | null {
  const [, source, messageId] = /^(\S+) (.+)$/s.exec(search.get("open") ?? "") ?? [];
  return source === undefined || messageId === undefined ? null : { source, messageId };
}

export function withOpened(search: URLSearchParams, opened: OpenedEvent | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (opened === null) next.delete("open");
  else next.set("open", `${opened.source} ${opened.messageId}`);
  return next;
}
