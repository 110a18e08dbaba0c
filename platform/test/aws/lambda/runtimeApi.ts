import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

/** A function in the real runtime interface client, one process, one event at a time, as Lambda runs it. */
export interface LambdaFunction {
  /** Rejects with what the function threw, or that it is gone. Starts it where it is not running. */
  invoke(event: unknown): Promise<unknown>;
  /** Ends it at once, whatever it does; the next event starts another. */
  kill(): void;
  /** From its start until it asked for an event, ms. */
  startsMs(): readonly number[];
  /** What it said. */
  said(): string;
  close(): Promise<void>;
}

interface Waiting {
  id: string;
  event: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

const functionMs = 60_000;
const keptOutput = 200_000;

/** `folder` has the function's bundle, `index.mjs`; `client` is the folder of the package `aws-lambda-ric`. */
export async function startLambda(client: string, folder: string, env: NodeJS.ProcessEnv): Promise<LambdaFunction> {
  const events = eventQueue();
  const starts: number[] = [];
  const state = { child: null as ChildProcess | null, output: "", startedAt: 0 };
  const server = createServer((request, response) => {
    if (request.url?.endsWith("/invocation/next") === true) {
      if (state.startedAt > 0) starts.push(performance.now() - state.startedAt);
      state.startedAt = 0;
      events.ask(request, response);
    } else void events.settle(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const api = typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";

  const start = (): void => {
    state.startedAt = performance.now();
    const child = spawn(process.execPath, [join(client, "index.mjs"), "index.handler"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...lambdaEnvironment(api, folder), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    state.child = child;
    const keep = (chunk: Buffer): void => {
      state.output = (state.output + chunk.toString("utf8")).slice(-keptOutput);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("exit", (code, signal) => {
      if (state.child === child) state.child = null;
      events.fail(new Error(`the function is gone: ${signal ?? code}`));
    });
  };
  return {
    invoke: (event) => {
      if (state.child === null) start();
      return events.add(JSON.stringify(event));
    },
    kill: () => {
      state.child?.kill("SIGKILL");
    },
    startsMs: () => starts,
    said: () => state.output,
    async close() {
      const { child } = state;
      if (child !== null) {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Events that wait for a function, and those that it has. */
function eventQueue() {
  const queue: Waiting[] = [];
  const running = new Map<string, Waiting>();
  const asking: ServerResponse[] = [];
  let calls = 0;
  const give = (): void => {
    while (asking.length > 0 && queue.length > 0) {
      const to = asking.shift();
      const next = queue.shift();
      if (to === undefined || next === undefined) return;
      running.set(next.id, next);
      to.writeHead(200, invocationHeaders(next.id));
      to.end(next.event);
    }
  };
  return {
    add(event: string): Promise<unknown> {
      calls += 1;
      const id = `00000000-0000-0000-0000-${String(calls).padStart(12, "0")}`;
      return new Promise((resolve, reject) => {
        queue.push({ id, event, resolve, reject });
        give();
      });
    },
    /** A function that has nothing to do. */
    ask(request: IncomingMessage, response: ServerResponse): void {
      asking.push(response);
      request.socket.once("close", () => {
        const at = asking.indexOf(response);
        if (at !== -1) asking.splice(at, 1);
      });
      give();
    },
    /** What a function says of an event. Rejects where it is gone before it has said all. */
    async settle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = await bodyOf(request);
      const [, id = "", how] = /invocation\/([^/]+)\/(response|error)$/.exec(request.url ?? "") ?? [];
      const waiting = running.get(id);
      running.delete(id);
      if (how === "response") waiting?.resolve(body === "" ? null : JSON.parse(body));
      else waiting?.reject(new Error(`the function failed: ${body.slice(0, 500)}`));
      response.writeHead(202).end();
    },
    /** The function is gone, and with it what it had and what was meant for it. */
    fail(why: Error): void {
      const lost = [...running.values(), ...queue.splice(0)];
      running.clear();
      for (const { reject } of lost) reject(why);
    },
  };
}

function invocationHeaders(id: string): Record<string, string> {
  return {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": id,
    "lambda-runtime-deadline-ms": String(Date.now() + functionMs),
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:000000000000:function:function",
    "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
  };
}

function lambdaEnvironment(api: string, folder: string): NodeJS.ProcessEnv {
  return {
    AWS_LAMBDA_RUNTIME_API: api,
    AWS_LAMBDA_FUNCTION_NAME: "function",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/function",
    AWS_LAMBDA_LOG_STREAM_NAME: "stream",
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: "index.handler",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "standin",
    AWS_SECRET_ACCESS_KEY: "standin",
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
