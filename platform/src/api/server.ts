import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type RawServerDefault,
} from "fastify";
import { Problem } from "../model/problem.ts";
import { authorise, sameSecret } from "./authorisation.ts";
import { honourIdempotencyKeys } from "./idempotency.ts";
import { readJsonBodies } from "./jsonBody.ts";
import { compiledAtFirstUse } from "./lazyValidator.ts";
import { describeRoutes, docsPath } from "./openApi.ts";
import { answerError, problemBody } from "./problems.ts";
import type { Api } from "./routeTypes.ts";
import { backupRoutes } from "./routes/backups.ts";
import { correctionRoutes } from "./routes/corrections.ts";
import { eventRoutes } from "./routes/events.ts";
import { householdRoutes } from "./routes/households.ts";
import { identityRoutes } from "./routes/identity.ts";
import { importRoutes } from "./routes/imports.ts";
import { linkageRoutes } from "./routes/linkage.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { planRoutes } from "./routes/plans.ts";
import { profileRoutes, timelineRoutes } from "./routes/profiles.ts";
import { queryRoutes } from "./routes/query.ts";
import { rejectionRoutes } from "./routes/rejections.ts";
import { replayRoutes } from "./routes/replays.ts";
import { reviewRoutes } from "./routes/reviews.ts";
import { rulesRoutes } from "./routes/rules.ts";
import { searchRoutes } from "./routes/search.ts";
import { segmentReadRoutes } from "./routes/segmentReads.ts";
import { sourceRoutes } from "./routes/sources.ts";
import { statusRoutes } from "./routes/status.ts";
import { streamRoutes } from "./routes/stream.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { traitRoutes } from "./routes/traits.ts";
import type { Services } from "./services.ts";

export interface ApiOptions {
  /** Shown in the OpenAPI document. */
  version?: string;
  /** `C360_API_TOKEN`: let in beside the tokens of the store. */
  administratorToken?: string | null;
  /** A pino logger or its like; nothing is logged without one. */
  logger?: FastifyBaseLogger;
  /** UTC ms. */
  now?: () => number;
  newRequestId?: () => string;
  /** Told of each request that has a route, before anything is done for it. `route`: its pattern. */
  onRouted?: (request: IncomingMessage, route: string, requestId: string) => void;
}

/** Who acts with the administrator's token, where tokens have their ids. */
const administratorId = "administrator";
const maxBodyBytes = 1_024 * 1_024;
/** A value of 256 characters, each of four bytes, each percent-encoded as three characters; and room. */
const maxPathValueChars = 4_096;
/** A client that sends no whole request within it is answered 408 and cut off. */
const requestTimeoutMs = 60_000;

/**
 * The HTTP API over the services. Its routes, hooks and parsers live in a scope of their own, so that other edges
 * (the gateway) may be registered beside it on the returned server, untouched by its authorisation. Not yet listening.
 */
export async function createApi(services: Services, options: ApiOptions = {}): Promise<FastifyInstance> {
  const newRequestId = options.newRequestId ?? (() => randomUUID());
  const serverOptions: FastifyHttpOptions<RawServerDefault> = {
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    requestIdHeader: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    // Ours answers in the shape of all errors.
    return503OnClosing: false,
    // Idle keep-alive connections must not hold up a clean stop.
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: maxPathValueChars },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      answerBrokenRequest(error, socket, newRequestId());
    },
  };
  const app: FastifyInstance = fastify(serverOptions);
  await app.register(async (scope) => {
    refuseWhileClosing(app, scope);
    await buildApi(scope, services, options);
  });
  return app;
}

async function buildApi(scope: FastifyInstance, services: Services, options: ApiOptions): Promise<void> {
  const callerOf = async (token: string): Promise<string | null> => {
    const administrator = options.administratorToken ?? null;
    const isAdministrator = administrator !== null && sameSecret(token, administrator);
    return isAdministrator ? administratorId : services.access.idOfToken(token);
  };
  const isToken = async (token: string): Promise<boolean> => (await callerOf(token)) !== null;
  const now = options.now ?? Date.now;
  scope.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "x-request-id": request.id,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  });
  logAccess(scope);
  const { onRouted } = options;
  if (onRouted !== undefined) tellRoutes(scope, onRouted);
  scope.addHook("onRequest", authorise(isToken));
  scope.setErrorHandler(answerError);
  scope.setNotFoundHandler(() => {
    throw new Problem(404, "route_not_found", "There is nothing at this address.", {
      hint: "GET /api/openapi.json lists everything there is.",
    });
  });
  readJsonBodies(scope);
  honourIdempotencyKeys(scope, now);
  scope.setValidatorCompiler(compiledAtFirstUse);
  // Answers are typed against their schemas already; a second, stricter serialiser could only lose fields.
  scope.setSerializerCompiler(() => (data) => JSON.stringify(data));
  const methodsByUrl = collectMethods(scope);
  await describeRoutes(scope, options.version ?? "0.0.0");
  const api = scope.withTypeProvider<TypeBoxTypeProvider>();
  addRoutes(api, services, now);
  correctionRoutes(api, services, callerOf);
  reviewRoutes(api, services, callerOf);
  linkageRoutes(api, services, callerOf);
  rulesRoutes(api, services, callerOf);
  planRoutes(api, services, callerOf);
  replayRoutes(api, services, callerOf);
  backupRoutes(api, services, callerOf);
  streamRoutes(api, services, isToken);
  refuseOtherMethods(scope, methodsByUrl);
}

function addRoutes(api: Api, services: Services, now: () => number): void {
  searchRoutes(api, services, now);
  profileRoutes(api, services);
  traitRoutes(api, services);
  timelineRoutes(api, services);
  householdRoutes(api, services);
  identityRoutes(api, services);
  eventRoutes(api, services);
  rejectionRoutes(api, services);
  queryRoutes(api, services);
  importRoutes(api, services);
  sourceRoutes(api, services);
  tokenRoutes(api, services);
  segmentReadRoutes(api, services);
  statusRoutes(api, services, now);
  operationsRoutes(api, services);
  api.get("/api/openapi.json", { config: { access: "docs" }, schema: { hide: true } }, async () => api.swagger());
}

/** One line a request: the route's pattern, never the address, its query or the body, which name people. */
function logAccess(scope: FastifyInstance): void {
  scope.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.is404 ? "none" : request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      "request",
    );
  });
}

function tellRoutes(scope: FastifyInstance, onRouted: NonNullable<ApiOptions["onRouted"]>): void {
  scope.addHook("onRequest", async (request) => {
    const { url } = request.routeOptions;
    if (!request.is404 && url !== undefined) onRouted(request.raw, url, request.id);
  });
}

/** While it closes, the API answers 503, and no connection of any route stays open for more requests. */
function refuseWhileClosing(app: FastifyInstance, scope: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onSend", async (_request, reply, payload) => {
    if (isClosing) reply.header("connection", "close");
    return payload;
  });
  scope.addHook("onRequest", async () => {
    if (!isClosing) return;
    throw new Problem(503, "stopping", "The server is stopping.", {
      hint: "Try again when it is back.",
      retryAfterSeconds: 5,
    });
  });
}

function collectMethods(scope: FastifyInstance): Map<string, Set<string>> {
  const methodsByUrl = new Map<string, Set<string>>();
  scope.addHook("onRoute", (route) => {
    if (route.url === docsPath || route.url.startsWith(`${docsPath}/`)) {
      route.config = { ...route.config, access: "docs" };
    }
    const methods = methodsByUrl.get(route.url) ?? new Set<string>();
    for (const method of [route.method].flat()) methods.add(method);
    methodsByUrl.set(route.url, methods);
  });
  return methodsByUrl;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Answers 405, which the router by itself does not know, on every address that other methods have. */
function refuseOtherMethods(scope: FastifyInstance, methodsByUrl: Map<string, Set<string>>): void {
  for (const [url, known] of methodsByUrl) {
    if (url.startsWith(docsPath)) continue;
    const allowed = [...known].sort().join(", ");
    const others = methods.filter((method) => !known.has(method));
    scope.route({
      method: others,
      url,
      schema: { hide: true },
      // A refused method's body is not even read.
      onRequest: async (_request, reply) => {
        reply.header("allow", allowed);
        throw new Problem(405, "method_not_allowed", "This address does not take that method.", {
          hint: `It takes: ${allowed}.`,
        });
      },
      handler: async () => null,
    });
  }
}

const brokenRequests: Record<string, { status: string; code: string; message: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: "408 Request Timeout",
    code: "request_timeout",
    message: "The request took too long to arrive.",
  },
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    code: "headers_too_large",
    message: "The request's headers are too large.",
  },
};

/** What never became a request (broken HTTP, a slow sender) is answered on the bare socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const known = brokenRequests[error.code ?? ""] ?? {
    status: "400 Bad Request",
    code: "malformed_http",
    message: "This is not an HTTP request.",
  };
  const body = JSON.stringify(problemBody(new Problem(400, known.code, known.message), requestId));
  if (socket.writable) {
    socket.end(
      `HTTP/1.1 ${known.status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  } else {
    socket.destroy();
  }
}
