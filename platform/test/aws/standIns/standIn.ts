/** How a stand-in is started. */
export interface Launch {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Another user, for a program that does not run as root. */
  uid?: number;
}

/** A program that stands in for a service of AWS, from a package registry, with its version pinned. */
export interface StandIn {
  name: StandInName;
  /** What it stands in for. */
  services: string;
  /** How long it may take from its start to its first answer. */
  maxStartMs: number;
  /** Installs it into `folder` where it is not yet. Throws `Missing` where it cannot be had on this machine. */
  install(folder: string): Promise<void>;
  launch(folder: string, port: number): Promise<Launch>;
  /** Whether it answers. Rejects or false: not yet. */
  isReady(url: string): Promise<boolean>;
}

export const standInNames = ["ministack", "kinesalite", "opensearch"] as const;
export type StandInName = (typeof standInNames)[number];

/** Where a stand-in listens, or why it is not there. */
export type StandInState = { url: string } | { missing: string };
export type StandIns = Record<StandInName, StandInState>;

/** What a stand-in needs is not on this machine: the tests that need it are skipped with this reason. */
export class Missing extends Error {}

declare module "vitest" {
  interface ProvidedContext {
    standIns: StandIns;
  }
}
