import type { AccessStore } from "../storage/access.ts";
import type { Settings } from "./settings.ts";

/** Made at the very first start, to be shown once. */
export interface FirstRun {
  writeKey?: string;
  token?: string;
}

/**
 * Sees to it that a first event can be sent: the source `default` with a key, and a token to read with, where there
 * is no source yet. `C360_WRITE_KEY` becomes the key of `default` whenever it is another than before.
 */
export async function prepareFirstRun(access: AccessStore, settings: Settings): Promise<FirstRun> {
  const sources = await access.sources();
  const { writeKey } = settings;
  const first: FirstRun = {};
  if (writeKey !== null)
    await useWriteKey(
      access,
      writeKey,
      sources.some((source) => source.id === "default"),
    );
  else if (sources.length === 0) {
    first.writeKey = (await access.createSource({ id: "default", name: "Default", kind: "web" })).writeKey;
  }
  const tokens = await access.tokens();
  if (tokens.length === 0 && settings.apiToken === null) first.token = (await access.createToken("first start")).token;
  return first;
}

async function useWriteKey(access: AccessStore, writeKey: string, isKnown: boolean): Promise<void> {
  if (!isKnown) await access.createSource({ id: "default", name: "Default", kind: "web", writeKey });
  else if ((await access.sourceOfWriteKey(writeKey))?.id !== "default")
    await access.rotateWriteKey("default", writeKey);
}
