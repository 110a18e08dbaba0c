import { readFileSync, statSync } from "node:fs";

/**
 * One file that the bundle was made of, or that it consists of (its source maps apart: nothing runs them).
 *
 * @typedef {object} BundledFile
 * @property {string} path From the project's root, with `/`.
 * @property {number} bytes
 * @property {number} modifiedMs When its content changed last, as `stat` tells it, in ms: whoever unpacks a file can set it.
 * @property {number} changedMs When anything of it did: nobody can set that.
 * @property {string} sha256 Of its content, in hexadecimal.
 */

/**
 * What stands beside the bundle, at {@link manifestPath}.
 *
 * @typedef {object} BundleManifest
 * @property {string} folder Where it lies, from the project's root.
 * @property {string} entry The file in it that exports the command line's `main`.
 * @property {BundledFile[]} files
 */

/** From the project's root. */
export const manifestPath = "platform/dist/manifest.json";

/**
 * The bundle of the checkout at `root`, or null where there is none that says the same as the sources do: none was
 * made, or a file that it was made of or consists of is gone or has another content than then. A file that is new counts
 * with the import that leads to it. Never throws: the sources can always be run instead.
 *
 * @param {string} root
 * @returns {BundleManifest | null}
 */
export function freshBundle(root) {
  try {
    /** @type {BundleManifest} */
    const manifest = JSON.parse(readFileSync(`${root}/${manifestPath}`, "utf8"));
    return manifest.files.every((file) => isAsThen(root, file)) ? manifest : null;
  } catch {
    return null;
  }
}

/**
 * A copied or newly checked out file has another time and the same content, which is looked at only then: most starts
 * read no file.
 *
 * @param {string} root
 * @param {BundledFile} file
 */
function isAsThen(root, { path, bytes, modifiedMs, changedMs, sha256 }) {
  const file = `${root}/${path}`;
  const now = statSync(file, { throwIfNoEntry: false });
  if (now === undefined || now.size !== bytes) return false;
  const isUntouched = now.mtimeMs === modifiedMs && now.ctimeMs === changedMs;
  return isUntouched || sha256Of(readFileSync(file)) === sha256;
}

/**
 * In hexadecimal.
 *
 * @param {string | Uint8Array} content
 */
export function sha256Of(content) {
  // Loaded by then only: to most starts it would be a waste.
  return process.getBuiltinModule("node:crypto").hash("sha256", content, "hex");
}
