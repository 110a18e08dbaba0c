import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environments, functionModes, settingsOf, streamModes } from "@c360/platform/src/cost/index.ts";
import { Problem } from "@c360/platform/src/model/problem.ts";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

const optional = (pattern: string) => Type.Union([Type.String({ pattern }), Type.Null()]);

/** A file of `infra/environments`. Its settings are those of `c360 cost --set`, so that one name has one meaning. */
const environmentFile = Type.Object(
  {
    environment: Type.Enum(environments),
    stream: Type.Enum(streamModes),
    functions: Type.Enum(functionModes),
    settings: Type.Record(Type.String(), Type.Number()),
    /** Tag of the gateway's image in the repository that the storage stack makes. */
    gatewayVersion: Type.String({ pattern: "^\\w[\\w.-]{0,127}$" }),
    /** Of the load balancer's HTTPS; null: that of the CloudFormation parameter CertificateArn. */
    certificateArn: optional("^arn:aws[\\w-]*:acm:[\\w-]+:\\d{12}:certificate/[\\w-]+$"),
    /** Who is told of alarms and of the budget; null: nobody but the topic's own subscribers. */
    alarmEmail: optional("^[^@\\s]+@[^@\\s]+$"),
    budgetUsdPerMonth: Type.Number({ minimum: 1 }),
    /** ISO 4217: what revenue is in. */
    homeCurrency: Type.String({ pattern: "^[A-Z]{3}$" }),
    /** Whether what no code writes to or reads yet is made too; see docs/aws-deployment.md. */
    withPlanned: Type.Boolean(),
    /** Whether tables and buckets stay when the stacks are deleted. */
    isKept: Type.Boolean(),
  },
  { additionalProperties: false },
);

export type Configuration = Omit<Static<typeof environmentFile>, "settings"> & {
  readonly settings: ReturnType<typeof settingsOf>;
};

/** Reads `infra/environments/<name>.json`. Problem 400 `environment_invalid` or `setting_invalid`, which names the place. */
export function readConfiguration(name: string): Configuration {
  if (!/^[\w-]{1,40}$/.test(name)) throw invalid("the environment's name", "has other characters than letters and -");
  const path = join(import.meta.dirname, `../environments/${name}.json`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw invalid(`infra/environments/${name}.json`, "cannot be read");
  }
  return parseConfiguration(text, `infra/environments/${name}.json`);
}

export function parseConfiguration(text: string, where: string): Configuration {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw invalid(where, "is not JSON");
  }
  if (!Value.Check(environmentFile, file)) {
    const [first] = Value.Errors(environmentFile, file);
    throw invalid(`${where}${first?.instancePath ?? ""}`, first?.message ?? "has another form");
  }
  return { ...file, settings: settingsOf(file.environment, new Map(Object.entries(file.settings))) };
}

function invalid(where: string, what: string): Problem {
  return new Problem(400, "environment_invalid", `${where} ${what}.`, {
    hint: "Copy infra/environments/prod.json; docs/aws-deployment.md describes each of its settings.",
  });
}
