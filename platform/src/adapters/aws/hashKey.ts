import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Problem } from "../../model/problem.ts";

const keyBytes = 32;
/** What `generateSecretString` makes with 43 letters and digits is 32 bytes as base64url, with two bits to spare. */
const keyText = /^[\w-]{43}$/;

/**
 * The key of all keyed hashes, from a secret: 43 characters of base64url, or 32 bytes as they are (an embedded edition's
 * `hash.key`). It never rotates: what the log and the state have was hashed with it. Problem 500 `hash_key_unusable`;
 * 503 `hash_key_unavailable`.
 */
export async function readHashKey(client: SecretsManagerClient, secret: string): Promise<Uint8Array> {
  const asked = new GetSecretValueCommand({ SecretId: secret, VersionStage: "AWSCURRENT" });
  const { SecretString: text, SecretBinary: bytes } = await client.send(asked).catch(told);
  if (text !== undefined && keyText.test(text)) return Buffer.from(text, "base64url").subarray(0, keyBytes);
  if (bytes?.length === keyBytes) return bytes;
  throw new Problem(500, "hash_key_unusable", "The secret of the hash key holds no key.", {
    hint: "It has to hold 43 letters and digits, or 32 bytes; where it was overwritten, its older versions have the key.",
  });
}

function told(error: unknown): never {
  const why = error instanceof Error ? error.name : "an error without a name";
  throw new Problem(503, "hash_key_unavailable", `The secret of the hash key cannot be read: ${why}.`, {
    hint: "See that the role may read the secret and use its key, and that the network reaches Secrets Manager.",
    retryAfterSeconds: 5,
  });
}
