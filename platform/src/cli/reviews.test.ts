import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import { fakeIo, run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(() => app.close());

const c360 = (...argv: string[]) => run([...argv, "--url", url, "--token", services.token]);
const pair = "p_AAAAAAAAAAAAAAAA~p_other";

describe("reviewing", () => {
  it("lists what waits, and says how answers came out", async () => {
    const listed = await c360("reviews");
    expect(listed.out).toMatch(/p_AAAAAAAAAAAAAAAA~p_other +0\.970 +Ada Lovelace +A\. Lovelase +live/);
    expect(listed.err).toContain("1 wait");
    expect((await c360("review", pair, "same")).out).toBe(`${pair}  same  c_0\n`);
    const after = await c360("reviews");
    expect([after.out, after.err]).toEqual(["", expect.stringContaining("of 1 answers 100 % said what was likelier")]);
    expect((await c360("reviews", "--json")).json).toMatchObject({ items: [], summary: { answered: { pairs: 1 } } });
  });

  it("answers once, undoes, and takes no other word", async () => {
    expect(await c360("review", pair, "maybe")).toMatchObject({ code: 2 });
    const shown = (await c360("review", pair)).out;
    expect(shown).toContain("first_name");
    expect(shown).toContain("basis        as.it.is\n");
    expect(await c360("review", pair, "same", "--basis", "as.it.was")).toMatchObject({ code: 1 });
    const told = await c360("review", pair, "different", "--reason", "father and son", "--json");
    expect(told.json).toMatchObject({ state: "different" });
    expect(await c360("review", pair, "same")).toMatchObject({ code: 1, err: expect.stringContaining("already") });
    expect((await c360("review", pair, "undo")).out).toContain("open");
    expect(await c360("review", "p_x~p_y", "same")).toMatchObject({ code: 1 });
  });
});

describe("linking the profiles", () => {
  it("runs to the end, and says what became of it", async () => {
    const { code, out } = await c360("link", "--profiles");
    expect(code).toBe(0);
    expect(out).toMatch(/run +lr_1\nprofiles +20, 30 pairs compared\nmodel +1\njoined +nobody by itself \(off\)/);
    expect((await c360("linkages")).out).toMatch(/lr_1 .* done +20 +4 +0/);
    expect((await c360("linkages", "lr_1")).out).toMatch(/l_1 +0\.999 +crm_id:7 +crm_id:8 +in effect/);
  });

  it("joins from a probability on only when told to", async () => {
    const { json } = await c360("link", "--profiles", "--automatic-from", "0.99", "--json");
    expect(json).toMatchObject({ automaticFrom: 0.99, state: "done" });
    expect(await c360("link", "--profiles", "--automatic-from", "0.5")).toMatchObject({ code: 2 });
  });

  it("is cancelled by Ctrl-C", async () => {
    const io = fakeIo();
    io.sleep = async () => io.signal();
    const { code, err } = await run(["link", "--profiles", "--url", url, "--token", services.token], io);
    expect([code, err]).toEqual([1, expect.stringContaining("cancelled")]);
  });

  it("is told from linking files", async () => {
    expect(await c360("link", "a.csv", "--profiles")).toMatchObject({ code: 2 });
    expect(await run(["link"])).toMatchObject({ code: 2, err: expect.stringContaining("nothing to link") });
    expect(await run(["link", "a.csv"])).toMatchObject({ code: 2, err: expect.stringContaining("--id") });
  });

  it("is taken back, all or one link, with a reason", async () => {
    await c360("link", "--profiles");
    expect(await c360("unlink", "lr_1")).toMatchObject({ code: 2 });
    expect((await c360("unlink", "lr_1", "--reason", "the model was wrong")).out).toBe("1 link withdrawn\n");
    expect((await c360("unlink", "l_1", "--reason", "two cousins", "--json")).json).toEqual({ withdrawn: 1 });
    expect(await c360("unlink", "l_9", "--reason", "x")).toMatchObject({ code: 1 });
  });
});
