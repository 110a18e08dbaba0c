import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

const placeInFile = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

/** A place in a file; lines and columns count from 1. */
export interface SourcePlace {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Finds the place in the sources of a place in a bundle, which has its source maps beside it; gives what it got for all
 * else. It holds each map that it has read: for what tells of a failure or a measurement, and is let go of then.
 */
export function createSourceFinder(): (place: SourcePlace) => SourcePlace {
  const maps = new Map<string, SourceMap | null>();
  return (place) => {
    const known = maps.get(place.url);
    const map = known === undefined ? sourceMapOf(place.url) : known;
    maps.set(place.url, map);
    const origin = map?.findOrigin(place.line, place.column);
    if (origin === undefined || !("fileName" in origin)) return place;
    return { url: new URL(origin.fileName, place.url).href, line: origin.lineNumber, column: origin.columnNumber };
  };
}

/** A stack trace that names the sources, whether they were run or a bundle of them. */
export function stackInSources(stack: string): string {
  const find = createSourceFinder();
  return stack.replace(placeInFile, (_, file: string, row: string, position: string) => {
    const { url, line, column } = find({ url: file, line: Number(row), column: Number(position) });
    return `${url}:${line}:${column}`;
  });
}

const maxPlaces = 200;

/**
 * Where an error was thrown, as `at name (place)`; empty where nothing tells. Errors are thrown at few places, and to
 * find one takes reading a map: each is looked up once, the first few hundred of them.
 */
export function placesOfErrors(): (error: Error) => string {
  const known = new Map<string, string>();
  return (error) => {
    const [, line = ""] = error.stack?.split("\n") ?? [];
    const told = known.get(line) ?? (known.size < maxPlaces ? stackInSources(line.trim()) : line.trim());
    if (known.size < maxPlaces) known.set(line, told);
    return told;
  };
}

/** Null where there is none that can be read: a place in the bundle is better than none. */
function sourceMapOf(url: string): SourceMap | null {
  try {
    const path = `${fileURLToPath(url)}.map`;
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8")) as SourceMapPayload) : null;
  } catch {
    return null;
  }
}
