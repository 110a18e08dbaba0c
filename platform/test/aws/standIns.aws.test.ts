import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { standInNames } from "./standIns/standIn.ts";
import { withStandIn } from "./withStandIn.ts";

const others = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === "IPv4")
  .map(({ address }) => address);

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

describe.each(standInNames)("%s", (name) => {
  withStandIn(name, (url) => {
    it("answers on 127.0.0.1 and on no other address", async () => {
      const port = Number(new URL(url).port);
      expect(await canConnect("127.0.0.1", port)).toBe(true);
      expect(await Promise.all(others.map((host) => canConnect(host, port)))).toEqual(others.map(() => false));
    });
  });
});
