/** One message of a server-sent event stream. */
export interface SseMessage {
  event: string;
  data: string;
  /** The stream's last id so far, to resume after; null before the first. */
  id: string | null;
}

/** A line or a message that is longer is dropped: no stream of ours has one. */
const maxMessageChars = 4 * 1_024 * 1_024;

/** Splits text that comes in any pieces into messages (WHATWG HTML, 9.2.6). `retryMs` is what the server last asked for. */
export function sseParser() {
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | null = null;
  let retryMs: number | null = null;
  const readLine = (line: string, out: SseMessage[]): void => {
    if (line === "") {
      if (data.length > 0) out.push({ event: event === "" ? "message" : event, data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) retryMs = Number(value);
  };
  return {
    retryMs: () => retryMs,
    push(text: string): SseMessage[] {
      const out: SseMessage[] = [];
      rest += text;
      // A CR at the end may be the first half of CRLF: it waits for what follows.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) readLine(line, out);
      if (rest.length > maxMessageChars) rest = "";
      return out;
    },
  };
}
