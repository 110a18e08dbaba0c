import type { FastifyInstance, InjectOptions } from "fastify";
import pino from "pino";
import { createApi } from "./server.ts";
import { type FakeServices, fakeServices, noon } from "./services.fake.ts";

type CallOptions = Pick<InjectOptions, "headers" | "payload"> & { token?: string | null };

export interface ApiAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  /** Parsed JSON, typed loosely on purpose: tests ask it for anything. */
  body: ReturnType<typeof JSON.parse>;
}

/** An API over fake services, with a clock that a test moves and request ids that count. */
export interface TestedApi {
  services: FakeServices;
  app: FastifyInstance;
  logged: string[];
  clock: { now: number };
  call(method: string, url: string, options?: CallOptions): Promise<ApiAnswer>;
  post(url: string, payload: object | string, headers?: Record<string, string>): Promise<ApiAnswer>;
}

export const administratorToken = "administrator-token";

export async function testedApi(): Promise<TestedApi> {
  const services = fakeServices();
  const logged: string[] = [];
  const clock = { now: noon };
  let requests = 0;
  const app = await createApi(services, {
    version: "1.2.3",
    administratorToken,
    logger: pino({ base: null }, { write: (line) => logged.push(line) }),
    now: () => clock.now,
    newRequestId: () => `req-${++requests}`,
  });
  const call: TestedApi["call"] = async (method, url, { token = services.token, headers, ...rest } = {}) => {
    const answer = await app.inject({
      method: method as "GET",
      url,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...rest,
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: isJson ? answer.json() : null,
    };
  };
  return {
    services,
    app,
    logged,
    clock,
    call,
    post: (url, payload, headers = {}) =>
      call("POST", url, { payload, headers: { "content-type": "application/json", ...headers } }),
  };
}
