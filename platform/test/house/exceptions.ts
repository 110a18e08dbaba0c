import type { Exception } from "./violation.ts";

/** Kept short; it only shrinks. */
export const exceptions: readonly Exception[] = [];
