import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runs } from "../test/runs.ts";
import { type BundleManifest, freshBundle, manifestPath, sha256Of } from "./freshBundle.js";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "c360-fresh-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Writes files with these contents, and the manifest of a bundle that was made of them. */
function manifestOf(contents: readonly string[]): BundleManifest {
  const files = contents.map((content, index) => {
    const path = `platform/src/${index}.ts`;
    put(path, content);
    const { size: bytes, mtimeMs: modifiedMs, ctimeMs: changedMs } = statSync(join(root, path));
    return { path, bytes, modifiedMs, changedMs, sha256: sha256Of(content) };
  });
  const manifest = { folder: "platform/dist/one", entry: "main.js", files };
  put(manifestPath, JSON.stringify(manifest));
  return manifest;
}

/** Another time, as a copy or a checkout has it. */
function touch(path: string): void {
  utimesSync(join(root, path), 1, 1);
}

it("is fresh when all files are as they were, whatever their times, and not when any one is another or gone", () => {
  const changes = fc.oneof(fc.constant("none"), fc.constant("gone"), fc.constant("touched"), fc.string());
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 6 }), fc.nat(), changes, (contents, at, change) => {
      const manifest = manifestOf(contents);
      const index = at % contents.length;
      const path = `platform/src/${index}.ts`;
      const isSame = ["none", "touched"].includes(change) || change === contents[index];
      if (change === "gone") rmSync(join(root, path));
      else if (change !== "none") {
        if (change !== "touched") put(path, change);
        touch(path);
      }
      expect(freshBundle(root)).toEqual(isSame ? manifest : null);
    }),
    { numRuns: runs(500) },
  );
});

it("is not fresh when a file has another content of the same length, with the time that it had", () => {
  const { files, ...rest } = manifestOf(["one", "two"]);
  // Made some time before: the clock of a disk goes by some milliseconds.
  const aged = files.map((file) => ({ ...file, changedMs: file.changedMs - 1_000 }));
  put(manifestPath, JSON.stringify({ ...rest, files: aged }));
  expect(freshBundle(root)).not.toBeNull();
  const [first] = files;
  put("platform/src/0.ts", "ONE");
  utimesSync(join(root, "platform/src/0.ts"), (first?.modifiedMs ?? 0) / 1_000, (first?.modifiedMs ?? 0) / 1_000);
  expect(freshBundle(root)).toBeNull();
});

it("is not there where no manifest is, or none that can be read", () => {
  expect(freshBundle(root)).toBeNull();
  manifestOf(["a"]);
  put(manifestPath, '{"folder": "platform/dist/on');
  expect(freshBundle(root)).toBeNull();
  put(manifestPath, "{}");
  expect(freshBundle(root)).toBeNull();
  put(manifestPath, JSON.stringify({ folder: "x", entry: "y", files: [{}] }));
  expect(freshBundle(root)).toBeNull();
});
