import { close, fdatasync, open as openFile, write } from "node:fs";
import { open, rename, rm } from "node:fs/promises";

/**
 * Everything that changes the disk under the log, so that tests can fail the n-th of it. Each rejects with the
 * operating system's error; after a rejected `write` or `sync`, nothing is known of the bytes since the last `sync`.
 */
export interface LogDisk {
  /** Opens for reading and writing; `create` makes the file, or empties the one that is there. */
  open(path: string, create: boolean): Promise<number>;
  close(fd: number): Promise<void>;
  /** All of `bytes` at byte `at`. */
  write(fd: number, bytes: Uint8Array, at: number): Promise<void>;
  /** `fdatasync`: the bytes and the length are durable. */
  sync(fd: number): Promise<void>;
  /** `write`, then `sync`, where both are one errand. The bytes must not change until it is settled. */
  commit?(fd: number, bytes: Uint8Array, at: number): Promise<void>;
  truncate(path: string, bytes: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes created and renamed names durable. */
  syncDirectory(path: string): Promise<void>;
}

/** Owner only: the log holds personal data. */
const fileMode = 0o600;

function writeAll(fd: number, bytes: Uint8Array, at: number, done: (error: Error | null) => void): void {
  write(fd, bytes, 0, bytes.length, at, (error, written) => {
    if (error) return done(error);
    if (written === bytes.length) return done(null);
    if (written === 0) return done(new Error("The disk took none of the bytes."));
    writeAll(fd, bytes.subarray(written), at + written, done);
  });
}

/** Writes all of `bytes` at byte `at` and makes them durable. */
export async function committed(disk: LogDisk, fd: number, bytes: Uint8Array, at: number): Promise<void> {
  if (disk.commit !== undefined) return disk.commit(fd, bytes, at);
  await disk.write(fd, bytes, at);
  await disk.sync(fd);
}

function settled(run: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error ? reject(error) : resolve()));
  });
}

/** The real one. Plain descriptors and callbacks: a group commit is two calls, and `FileHandle` costs on each. */
export const nodeDisk: LogDisk = {
  open: (path, create) =>
    new Promise((resolve, reject) => {
      openFile(path, create ? "w+" : "r+", fileMode, (error, fd) => (error ? reject(error) : resolve(fd)));
    }),
  close: (fd) => settled((done) => close(fd, done)),
  write: (fd, bytes, at) => settled((done) => writeAll(fd, bytes, at, done)),
  sync: (fd) => settled((done) => fdatasync(fd, done)),
  async truncate(path, bytes) {
    const file = await open(path, "r+");
    try {
      await file.truncate(bytes);
    } finally {
      await file.close();
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncDirectory(path) {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};
