import type { AccessStore } from "../storage/access.ts";
import type { Settings } from "./settings.ts";

/** Made at the very first start, to be shown once. */
export interface FirstRun {
  writeKey?: string;
  token?: string;
}

/**
 * Sees to it that a first event can be sent: the source `default` with a key, and a token to read with, where there
 * is no source yet. Both can be shown only once, so they are made when nothing can prevent the start any more.
 */
export async function prepareFirstRun(access: AccessStore, settings: Settings): Promise<FirstRun> {
  const first: FirstRun = {};
  if ((await access.sources()).length === 0) {
    first.writeKey = (await access.createSource({ id: "default", name: "Default", kind: "web" })).writeKey;
  }
  const tokens = await access.tokens();
  if (tokens.length === 0 && settings.apiToken === null) first.token = (await access.createToken("first start")).token;
  return first;
}

/** `C360_WRITE_KEY` becomes the key of `default` whenever it is another than before, before a first event can come. */
export async function useWriteKey(access: AccessStore, { writeKey }: Settings): Promise<void> {
  if (writeKey === null) return;
  const isKnown = (await access.sources()).some((source) => source.id === "default");
  if (!isKnown) await access.createSource({ id: "default", name: "Default", kind: "web", writeKey });
  else if ((await access.sourceOfWriteKey(writeKey))?.id !== "default")
    await access.rotateWriteKey("default", writeKey);
}
