import { itemTable, keyOf, type TableParts } from "./itemTable.ts";
import { row } from "./place.ts";

/** Who decides now: so that no two do the same work. What is decided stays right without it, by the head's condition. */
export interface DeciderLease {
  /** False where another one has it. */
  take(): Promise<boolean>;
  give(): Promise<void>;
}

const place = row<never>("lease");

/** `owner`: this one's own, for as long as it lives. `holdMs`: so long nobody else takes it. */
export function deciderLease(
  parts: TableParts & { now: () => number },
  { owner, holdMs }: { owner: string; holdMs: number },
): DeciderLease {
  const table = itemTable(parts);
  const own = { "#owner": "owner" };
  return {
    take: async () => {
      const now = parts.now();
      const { isDone } = await table.update({
        Key: keyOf(place),
        UpdateExpression: "SET #owner = :owner, #until = :until",
        ConditionExpression: "attribute_not_exists(pk) OR #until <= :now OR #owner = :owner",
        ExpressionAttributeNames: { ...own, "#until": "until" },
        ExpressionAttributeValues: {
          ":owner": { S: owner },
          ":until": { N: String(now + holdMs) },
          ":now": { N: String(now) },
        },
      });
      return isDone;
    },
    give: async () => {
      await table.update({
        Key: keyOf(place),
        UpdateExpression: "SET #until = :none",
        ConditionExpression: "#owner = :owner",
        ExpressionAttributeNames: { ...own, "#until": "until" },
        ExpressionAttributeValues: { ":owner": { S: owner }, ":none": { N: "0" } },
      });
    },
  };
}
