import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { readConfiguration } from "./configuration.ts";
import { bundledCode } from "./handlers.ts";
import { addStages, newApp } from "./stages.ts";

const app = newApp();
const name: unknown = app.node.tryGetContext("environment") ?? "dev";
if (typeof name !== "string") throw new Error("Say which environment: -c environment=dev or -c environment=prod");
const code = app.node.tryGetContext("handlers") === "empty" ? null : await bundledCode();
const configuration = readConfiguration(name);
const isWhole = app.node.tryGetContext("planned") === "true";
addStages(app, isWhole ? { ...configuration, withPlanned: true } : configuration, code);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
