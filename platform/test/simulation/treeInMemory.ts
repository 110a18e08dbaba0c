import type { IndexTree } from "../../src/adapters/embedded/messages/keyTree.ts";

/** The `nth` write from now on goes wrong, or is the last one of the process. */
export interface TreeFault {
  nth: number;
  kind: "fails" | "lostAnswer" | "crash";
}

/** What LevelDB promises of the message index's tree, in memory: a write that is synced is there after a crash. */
export class TreeInMemory {
  readonly #kept = new Map<string, Uint8Array>();
  #fault: TreeFault | null = null;
  #writes = 0;

  fail(fault: TreeFault | null): void {
    this.#fault = fault;
    this.#writes = 0;
  }

  /** As one process has it. `onCrash`: nothing of the process goes on. */
  open(onCrash: () => void): IndexTree {
    const write = (work: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#writes += 1;
        const fault = this.#writes === this.#fault?.nth ? this.#fault.kind : null;
        if (fault === "crash") return onCrash();
        if (fault !== "fails") work();
        if (fault === null) resolve();
        else reject(Object.assign(new Error("IO error"), { code: "LEVEL_IO_ERROR" }));
      });
    return {
      get: async (key) => this.#kept.get(nameOf(key)),
      getMany: async (keys) => keys.map((key) => this.#kept.get(nameOf(key))),
      put: (key, value) => write(() => void this.#kept.set(nameOf(key), Buffer.from(value))),
      batch: () => {
        const changes: (() => void)[] = [];
        return {
          put: (key, value) => {
            const [name, copy] = [nameOf(key), Buffer.from(value)];
            changes.push(() => this.#kept.set(name, copy));
          },
          del: (key) => changes.push(() => this.#kept.delete(nameOf(key))),
          write: () =>
            write(() => {
              for (const change of changes) change();
            }),
        };
      },
      keys: () => {
        const names = [...this.#kept.keys()].sort();
        return {
          nextv: async (size) => names.splice(0, size).map((name) => Buffer.from(name, "hex")),
          close: async () => undefined,
        };
      },
      close: async () => undefined,
    };
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}
