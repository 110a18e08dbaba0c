import { join } from "node:path";
import { bundle } from "../bin/bundle.ts";

/** Before the first test of a project: what starts as a process is what users run, made of the sources as they are. */
export async function setup(): Promise<void> {
  await bundle(join(import.meta.dirname, "../.."));
}
