import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";

interface Batch {
  Entries?: readonly { Id?: string }[];
  PublishBatchRequestEntries?: readonly { Id?: string }[];
}

/** How many entries each request had. */
export interface Refusing {
  counts: number[];
}

/**
 * Makes the client's batches of messages lose some entries on their way: the service refuses them as it does when it has
 * trouble, and takes the others. `refuse` is asked for each entry of the nth request, from 1.
 */
export function refuseEntries(
  client: SQSClient | SNSClient,
  refuse: (nth: number, at: number) => { Code: string; SenderFault: boolean } | null,
): Refusing {
  const seen: Refusing = { counts: [] };
  // The two clients' stacks have the same form.
  (client as SQSClient).middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as Batch;
      const name = input.Entries === undefined ? "PublishBatchRequestEntries" : "Entries";
      const entries = input[name] ?? [];
      seen.counts.push(entries.length);
      const refusals = entries.map((_, at) => refuse(seen.counts.length, at));
      const Failed = entries.flatMap(({ Id }, at) => (refusals[at] == null ? [] : [{ Id, ...refusals[at] }]));
      const taken = entries.filter((_, at) => refusals[at] == null);
      if (taken.length === 0) return { response: {}, output: { Successful: [], Failed, $metadata: {} } };
      const result = await next({ ...args, input: Object.assign({}, args.input, { [name]: taken }) });
      return { ...result, output: Object.assign({}, result.output, { Failed }) };
    },
    { step: "initialize", name: "refuseEntries" },
  );
  return seen;
}
