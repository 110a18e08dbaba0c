import type { DuckDBConnection } from "@duckdb/node-api";
import { analyticsContract, type AnalyticsFault } from "../../../storage/timelineContract.ts";
import { openAnalytics } from "./core.ts";
import { eventOf, FakeFollowed, profileOf, temporaryDirectory } from "./followedFakes.ts";

analyticsContract("embedded", async () => {
  const directory = temporaryDirectory();
  const followed = new FakeFollowed();
  let fault: AnalyticsFault | null = null;
  let calls = 0;
  let met = 0;
  let isDead = false;
  const guarded = async <T>(at: AnalyticsFault["at"], work: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Error("injected: it is dead");
    if (fault === null || fault.at !== at) return work();
    calls += 1;
    if (calls !== fault.nth) return work();
    met += 1;
    isDead = fault.kind === "dies";
    if (fault.kind === "lostAnswer") await work();
    throw new Error("injected");
  };
  followed.fault = () => {
    if (isDead) throw new Error("injected: it is dead");
    if (fault?.at !== "read") return;
    calls += 1;
    if (calls !== fault.nth) return;
    met += 1;
    isDead = fault.kind === "dies";
    throw new Error("injected");
  };
  return {
    open: async (now) => {
      isDead = false;
      return openAnalytics({
        homeCurrency: "GBP",
        directory: directory.path,
        log: followed.reader(),
        decided: followed.decided(),
        now,
        retryDelayMs: 1,
        overWriter: (real) => faultyWriter(real, (work) => guarded("write", work)),
      });
    },
    decide: ({ processed, fragment, ...event }) => {
      followed.append(fragment, eventOf(event), processed ? "processed" : "not processed");
    },
    setProfile: (id, fragments) =>
      followed.setProfile(id, fragments === null ? null : { profile: profileOf(id, 0), fragments: [...fragments] }),
    fail: (next) => {
      fault = next;
      calls = 0;
    },
    faultsMet: () => met,
    dispose: async () => directory.remove(),
  };
});

/** The same connection; what it runs may go wrong. A rollback never does: a connection that is gone has none to do. */
function faultyWriter(real: DuckDBConnection, guarded: <T>(work: () => Promise<T>) => Promise<T>): DuckDBConnection {
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "run") return value.bind(target) as unknown;
      return (sql: string) => (sql === "ROLLBACK" ? target.run(sql) : guarded(() => target.run(sql)));
    },
  });
}
