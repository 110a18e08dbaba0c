import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WriteFault } from "../../../storage/stateContract.ts";

/** `commit`: of the transaction that is written next. */
export type ConnectionFault = Omit<WriteFault, "nth"> & { nth: number | "commit" };

/** For tests: counts the writes of a real connection, and lets one of them go wrong. */
export interface FaultyDatabase {
  readonly database: DatabaseSync;
  fail(fault: ConnectionFault | null): void;
  met(): boolean;
}

export function faultyDatabase(real: DatabaseSync): FaultyDatabase {
  let fault: ConnectionFault | null = null;
  let writes = 0;
  let isDead = false;
  let isMet = false;
  const guarded = <T>(write: () => T, isCommit = false): T => {
    if (isDead) throw injected();
    writes += 1;
    if (fault === null || (fault.nth === "commit" ? !isCommit : writes !== fault.nth)) return write();
    const { kind, look } = fault;
    isMet = true;
    if (kind === "looks") look?.();
    if (kind === "looks") return write();
    if (kind === "lostAnswer") write();
    isDead = kind === "crash";
    throw injected();
  };
  const statement = (made: StatementSync): StatementSync =>
    over(made, { run: (...values: Parameters<StatementSync["run"]>) => guarded(() => made.run(...values)) });
  const database = over(real, {
    exec: (sql: string) => guarded(() => real.exec(sql), sql === "COMMIT"),
    prepare: (sql: string) => statement(real.prepare(sql)),
  });
  return {
    database,
    met: () => isMet,
    fail: (next) => {
      fault = next;
      writes = 0;
      isMet = false;
    },
  };
}

/** As SQLite tells that the disk is full: what trying again may mend. */
function injected(): Error {
  return Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });
}

/** The same object with some methods replaced; native methods need their own `this`. */
function over<T extends object>(real: T, replaced: Record<string, unknown>): T {
  return new Proxy(real, {
    get: (target, name) => {
      if (typeof name === "string" && name in replaced) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
