import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { queryCancelled } from "../../storage/timeline.ts";
import { type TestedApi, testedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

/** Sends a query over a connection of its own. */
function ask(sql: string) {
  const { port } = api.app.server.address() as AddressInfo;
  const asking = request({ port, host: "127.0.0.1", path: "/api/query", method: "POST", agent: false });
  asking.setHeader("authorization", `Bearer ${api.services.token}`);
  asking.setHeader("content-type", "application/json");
  asking.end(JSON.stringify({ sql }));
  asking.on("error", () => undefined);
  return asking;
}

describe("a query", () => {
  it("is stopped when its client goes away, and only then", async () => {
    await api.app.listen({ port: 0, host: "127.0.0.1" });
    const { query } = api.services.analytics;
    const signals: AbortSignal[] = [];
    const stopped = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    api.services.analytics.query = async (sql, limit, signal) => {
      if (signal === undefined) throw new Error("no signal came");
      signals.push(signal);
      if (!sql.includes("forever")) return query(sql, limit, signal);
      begun.resolve();
      await once(signal, "abort");
      stopped.resolve();
      throw queryCancelled();
    };
    const leaving = ask("SELECT forever");
    await begun.promise;
    const [answer] = await once(ask("SELECT 1"), "response");
    answer.resume();
    await once(answer, "close");
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    leaving.destroy();
    await stopped.promise;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(api.logged.join("")).not.toContain('"level":50');
  });
});
