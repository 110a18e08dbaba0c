import { Readable } from "node:stream";
import { HttpResponse } from "@smithy/core/protocols";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { BoundedHttpHandler } from "./serviceClients.ts";

type Handled = ReturnType<NodeHttpHandler["handle"]>;
type Asked = Parameters<NodeHttpHandler["handle"]>;

/**
 * What becomes of one request: a service's own refusal, which leaves everything as it was unless it `isDone`; `lost`: it
 * is done, and its answer never comes; `silent`: it is done, and of its answer come the headers; null: nothing special.
 */
export type Fault =
  | { status: number; type: string; isDone?: true; more?: Record<string, unknown> }
  | "lost"
  | "silent"
  | null;

export const throttled: Fault = { status: 400, type: "ProvisionedThroughputExceededException" };
export const broken: Fault = { status: 500, type: "InternalServerError" };
export const unavailable: Fault = { status: 503, type: "ServiceUnavailable" };
export const conflict: Fault = {
  status: 400,
  type: "TransactionCanceledException",
  more: { CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }] },
};

/** Of a transaction that is done already. */
export const inProgress: Fault = { status: 400, type: "TransactionInProgressException", isDone: true };

/** HTTP to a service, with faults by a plan. `operation` is the call's name, as `PutItem`. */
export class FaultyHttp extends BoundedHttpHandler {
  /** Of every request, those that failed too. */
  readonly operations: string[] = [];
  plan: (operation: string, number: number) => Fault = () => null;
  /** What happens before a request goes. */
  before: (operation: string, number: number) => Promise<void> = async () => {};
  /** Records in each PutRecords. */
  readonly recordCounts: number[] = [];
  /** Which records of the nth PutRecords (from 1) are refused, as those of a throttled shard: they never arrive. */
  refuseRecords: (nth: number) => ((at: number, key: string) => boolean) | null = () => null;

  override async once(...[request, options]: Asked): Handled {
    const operation = operationOf(request);
    this.operations.push(operation);
    const fault = this.plan(operation, this.operations.length);
    await this.before(operation, this.operations.length);
    if (fault === null && operation === "PutRecords") return this.#putRecords(request, options);
    if (fault === null) return super.once(request, options);
    if (typeof fault === "string" || fault.isDone === true) {
      const { response } = await super.once(request, options);
      for await (const chunk of response.body as Readable) void chunk;
      if (fault === "silent") return { response: Object.assign(response, { body: new Readable({ read() {} }) }) };
    }
    if (fault === "lost") {
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET", name: "TimeoutError" });
    }
    return { response: refusalOf(request, fault) };
  }

  async #putRecords(...[request, options]: Asked): Handled {
    const asked = JSON.parse(String(request.body)) as { Records: { PartitionKey: string }[] };
    this.recordCounts.push(asked.Records.length);
    const isRefused = this.refuseRecords(this.recordCounts.length);
    if (isRefused === null) return super.once(request, options);
    const admitted = asked.Records.filter(({ PartitionKey }, at) => !isRefused(at, PartitionKey));
    const taken = admitted.length === 0 ? [] : await this.#putSome(request, options, { ...asked, Records: admitted });
    const Records = asked.Records.map(({ PartitionKey }, at) =>
      isRefused(at, PartitionKey)
        ? { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" }
        : taken.shift(),
    );
    return {
      response: answerOf(200, JSON.stringify({ FailedRecordCount: Records.length - admitted.length, Records })),
    };
  }

  async #putSome(request: Asked[0], options: Asked[1], asked: unknown): Promise<unknown[]> {
    const body = JSON.stringify(asked);
    const headers = { ...request.headers, "content-length": String(Buffer.byteLength(body)) };
    const { response } = await super.once(Object.assign(request.clone(), { body, headers }), options);
    const chunks: Buffer[] = [];
    for await (const chunk of response.body as Readable) chunks.push(chunk as Buffer);
    return (JSON.parse(Buffer.concat(chunks).toString("utf8")) as { Records: unknown[] }).Records;
  }
}

/** By the header that JSON services have, the parameter that S3's requests have, or the form of SNS. */
function operationOf({ headers, query, body }: Asked[0]): string {
  const target = headers["x-amz-target"]?.split(".").at(-1);
  if (target !== undefined) return target;
  if (typeof query["x-id"] === "string") return query["x-id"];
  return new URLSearchParams(typeof body === "string" ? body : "").get("Action") ?? "";
}

function refusalOf({ headers }: Asked[0], { status, type, more }: Exclude<Fault, string | null>): HttpResponse {
  if (headers["x-amz-target"] !== undefined) {
    return answerOf(status, JSON.stringify({ __type: type, message: type, Message: type, ...more }));
  }
  const error = `<Error><Type>Receiver</Type><Code>${type}</Code><Message>${type}</Message></Error>`;
  const isForm = headers["content-type"]?.includes("form-urlencoded") === true;
  const body = isForm ? `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>` : error;
  return new HttpResponse({
    statusCode: status,
    headers: { "content-type": isForm ? "text/xml" : "application/xml" },
    body: Readable.from([body]),
  });
}

function answerOf(statusCode: number, body: string): HttpResponse {
  return new HttpResponse({
    statusCode,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body: Readable.from([body]),
  });
}

/** A fault for the first `times` requests of those that `plan` is asked for. */
export function first(times: number, fault: Fault, operation?: string): FaultyHttp["plan"] {
  let left = times;
  return (asked) => {
    if (operation !== undefined && operation !== asked) return null;
    left -= 1;
    return left >= 0 ? fault : null;
  };
}
