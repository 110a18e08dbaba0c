import type { ServerResponse } from "node:http";
import { maxBufferedBytes } from "./limits.ts";

/** One subscriber's connection. */
export interface EventSink {
  hasRoom(): boolean;
  /** False when so much waits to be taken that this message was not added. */
  send(text: string): boolean;
  /** Resolves when there is room again, or the connection is over. */
  ready(): Promise<void>;
  /** Ends after what was sent; what is not taken soon is cut off. */
  end(): void;
  onClosed(heard: () => void): void;
}

/** A message of the protocol (https://html.spec.whatwg.org/multipage/server-sent-events.html). `json` holds no line break. */
export function eventText(event: string, json: string, id: string | null): string {
  return `event: ${event}\n${id === null ? "" : `id: ${id}\n`}data: ${json}\n\n`;
}

const maxEndMs = 1_000;

export function responseSink(response: ServerResponse): EventSink {
  const hasRoom = (): boolean =>
    !response.destroyed && !response.writableEnded && response.writableLength <= maxBufferedBytes;
  return {
    hasRoom,
    send: (text) => {
      if (!hasRoom()) return false;
      response.write(text);
      return true;
    },
    ready: async () => {
      while (!response.destroyed && response.writableNeedDrain) {
        await new Promise<void>((resolve) => {
          const go = (): void => {
            response.off("drain", go).off("close", go);
            resolve();
          };
          response.on("drain", go).on("close", go);
        });
      }
    },
    end: () => {
      response.end();
      setTimeout(() => response.destroy(), maxEndMs).unref();
    },
    onClosed: (heard) => response.once("close", heard),
  };
}
