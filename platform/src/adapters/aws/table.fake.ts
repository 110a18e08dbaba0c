import { randomBytes } from "node:crypto";
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A new table with the keys that all of ours have, `pk` and `sk`; its name begins so. */
export async function newTable(client: DynamoDBClient, begin: string): Promise<string> {
  const TableName = `${begin}-${randomBytes(6).toString("hex")}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
    }),
  );
  return TableName;
}
