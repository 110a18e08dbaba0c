import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Trial } from "../trial.ts";

const diskMiB = 200;

/** A disk of its own, which others fill. */
export interface SmallDisk {
  /** Leaves so many KiB of room. */
  fill(leftKiB: number): void;
  empty(): void;
}

/** Puts what lies at a folder of a stopped platform on a small disk of its own, until the trial's end. */
export function onSmallDisk({ site, atEnd }: Pick<Trial, "site" | "atEnd">, folder: string): SmallDisk {
  const kept = `${site.folder}/kept`;
  run("cp", "-a", folder, kept);
  run("mount", "-t", "tmpfs", "-o", `size=${diskMiB}m,mode=700`, "tmpfs", folder);
  atEnd(() => spawnSync("umount", ["-l", folder]));
  run("cp", "-a", `${kept}/.`, folder);
  rmSync(kept, { recursive: true });
  const ballast = join(folder, "ballast");
  return {
    fill: (leftKiB) => {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftKiB * 1_024)));
      } catch (error) {
        // Others have taken the last of it meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    },
    empty: () => rmSync(ballast),
  };
}

/** Leaves what lies at a folder where it is, though a small disk is about to take the place of the folder around it. */
export function keptOutside({ site, atEnd }: Pick<Trial, "site" | "atEnd">, folder: string, name: string): () => void {
  const outside = join(site.folder, `outside-${name}`);
  run("cp", "-a", join(folder, name), outside);
  return () => {
    run("mount", "--bind", outside, join(folder, name));
    atEnd(() => spawnSync("umount", ["-l", join(folder, name)]));
  };
}

/** What a machine lacks for it; null when nothing is. */
export function lacksMounting(): string | null {
  const at = `${process.env["TMPDIR"] ?? "/tmp"}/c360-mount-${process.pid}`;
  mkdirSync(at, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at]).status === 0;
  if (mounted) spawnSync("umount", [at]);
  rmSync(at, { recursive: true });
  return mounted ? null : "the right to mount a small disk";
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}`);
}
