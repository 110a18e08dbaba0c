import { join } from "node:path";
import { bundleHandlers, type HandlerName as Bundled } from "@c360/platform/bin/bundleHandlers.ts";
import { variables } from "@c360/platform/src/runtime/aws/environment.ts";

/** What runs in Lambda, by its entry under `platform/src/runtime/aws`; the gateway is a container's program. */
export type HandlerName = Exclude<Bundled, "gateway">;
/** A folder with `index.mjs`; null: an empty one, to look at templates without bundling. */
export type HandlerCode = Readonly<Record<HandlerName, string>> | null;
/** Values by the variables' names in code: the names in the environment are the reader's own. */
type Values = Partial<Record<keyof typeof variables, string>>;

/** Bundles each handler into one file. */
export async function bundledCode(): Promise<HandlerCode> {
  const bundled = await bundleHandlers(
    join(import.meta.dirname, "../.."),
    join(import.meta.dirname, "../dist/handlers"),
  );
  return Object.fromEntries(bundled.map(({ name, folder }) => [name, folder])) as Record<Bundled, string>;
}

/** As a function or a container is given them. */
export function environmentOf(values: Values): Record<string, string> {
  const named = Object.entries(variables).map(([name, variable]) => [variable, values[name as keyof Values]] as const);
  return Object.fromEntries(named.filter((each): each is [(typeof each)[0], string] => each[1] !== undefined));
}
