import { setImmediate as turn } from "node:timers/promises";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Item, itemName } from "./itemTable.ts";

/** DynamoDB's commands and conditions as far as the state uses them, over a map. An unknown condition is an error. */
export class MemoryTable {
  readonly items = new Map<string, Item>();
  readonly commands: object[] = [];
  /** Before each command; what it throws is the answer. */
  before: (command: object) => void = () => undefined;
  /** When it is done; what it throws is the answer. */
  after: (command: object) => void = () => undefined;

  client(): DynamoDBClient {
    const send = async (command: object): Promise<object> => {
      await turn();
      this.commands.push(command);
      this.before(command);
      const answer = this.#answer(command);
      this.after(command);
      return answer;
    };
    return Object.assign(new DynamoDBClient({ region: "us-east-1" }), { send });
  }

  count(kind: abstract new (...given: never[]) => object): number {
    return this.commands.filter((command) => command instanceof kind).length;
  }

  #answer(command: object): object {
    if (command instanceof BatchGetItemCommand) return this.#batchGet(command);
    if (command instanceof BatchWriteItemCommand) return this.#batchWrite(command);
    if (command instanceof PutItemCommand) return this.#put(command);
    if (command instanceof QueryCommand) return this.#query(command);
    if (command instanceof UpdateItemCommand) return this.#update(command);
    throw new Error(`no such command: ${command.constructor.name}`);
  }

  #batchGet({ input }: BatchGetItemCommand): object {
    const [[table, asked] = []] = Object.entries(input.RequestItems ?? {});
    const keys = asked?.Keys ?? [];
    if (keys.some((key) => key["pk"]?.S === "" || key["sk"]?.S === "")) {
      throw Object.assign(new Error("an empty key"), { name: "ValidationException" });
    }
    return {
      Responses: {
        [table ?? ""]: keys.map((key) => this.items.get(itemName(key))).filter((item) => item !== undefined),
      },
    };
  }

  #batchWrite({ input }: BatchWriteItemCommand): object {
    for (const { PutRequest } of Object.values(input.RequestItems ?? {}).flat()) {
      if (PutRequest?.Item) this.items.set(itemName(PutRequest.Item), PutRequest.Item);
    }
    return {};
  }

  #put({ input }: PutItemCommand): object {
    const item = input.Item as Item;
    const old = this.items.get(itemName(item));
    const { ConditionExpression, ExpressionAttributeValues: values = {}, ReturnValues } = input;
    if (ConditionExpression !== undefined) this.#check(ConditionExpression, old, values);
    this.items.set(itemName(item), item);
    return ReturnValues === "ALL_OLD" && old ? { Attributes: old } : {};
  }

  #query({ input }: QueryCommand): object {
    const { ExpressionAttributeValues: values = {}, ScanIndexForward, Limit, ExclusiveStartKey: start } = input;
    const [from, until] = [values[":from"]?.S, values[":until"]?.S];
    let found = [...this.items.values()].filter((item) => item["pk"]?.S === values[":pk"]?.S);
    const sk = (item: Item): string => item["sk"]?.S ?? "";
    found = found.filter((item) => from === undefined || sk(item) >= from);
    found = found.filter(
      (item) => until === undefined || sk(item) < until || (from !== undefined && sk(item) === until),
    );
    found.sort((one, other) => Buffer.compare(Buffer.from(sk(one)), Buffer.from(sk(other))));
    if (ScanIndexForward === false) found.reverse();
    if (start) found = found.slice(found.findIndex((item) => sk(item) === sk(start)) + 1);
    const Items = found.slice(0, Limit);
    const last = Items.at(-1);
    return { Items, ...(last && Items.length < found.length ? { LastEvaluatedKey: last } : {}) };
  }

  #update({ input }: UpdateItemCommand): object {
    const { Key = {}, UpdateExpression = "", ExpressionAttributeNames: names = {} } = input;
    const { ConditionExpression = "", ExpressionAttributeValues: values = {} } = input;
    const old = this.items.get(itemName(Key));
    this.#check(ConditionExpression, old, values, names);
    const next: Item = { ...(old ?? Key) };
    for (const part of UpdateExpression.replace("SET ", "").split(", ")) {
      const [name = "", value = ""] = part.split(" = ");
      next[names[name] ?? name] = values[value]!;
    }
    this.items.set(itemName(Key), next);
    return { Attributes: next };
  }

  /** Terms with `OR` between groups of `AND`. */
  #check(condition: string, old: Item | undefined, values: Item, names: Record<string, string> = {}): void {
    const holds = (term: string): boolean => {
      const absent = /^attribute_not_exists\((\w+)\)$/.exec(term)?.[1];
      if (absent !== undefined) return old?.[absent] === undefined;
      const [, name = "", sign = "", value = ""] = /^(#?\w+) (=|<=|<) (:\w+)$/.exec(term) ?? [];
      const [one, other] = [old?.[names[name] ?? name], values[value]];
      if (other === undefined) throw new Error(`no such condition: ${term}`);
      if (one === undefined) return false;
      if (sign === "=") return JSON.stringify(one) === JSON.stringify(other);
      return sign === "<" ? Number(one.N) < Number(other.N) : Number(one.N) <= Number(other.N);
    };
    if (condition.split(" OR ").some((group) => group.split(" AND ").every(holds))) return;
    throw new ConditionalCheckFailedException({ message: "", $metadata: {}, ...(old ? { Item: old } : {}) });
  }
}
