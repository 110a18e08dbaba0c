import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Allocated bytes under each entry of `directory`, a file that vanishes meanwhile left out. */
export function diskUse(directory: string): Record<string, number> {
  return Object.fromEntries(
    readdirSync(directory, { withFileTypes: true }).map((entry) => {
      const path = join(directory, entry.name);
      return [entry.name, entry.isDirectory() ? sum(Object.values(diskUse(path))) : allocated(path)];
    }),
  );
}

function allocated(path: string): number {
  try {
    return statSync(path).blocks * 512;
  } catch {
    return 0;
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
