import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { skipReporter } from "../skipReporter.ts";

/** Tests against what stands in for AWS (`npm run test:aws`), apart from all others. */
export default defineConfig({
  root: join(import.meta.dirname, "../../.."),
  test: {
    name: "aws",
    reporters: ["default", skipReporter(process.env["CI"] === "true")],
    include: ["platform/**/*.aws.test.ts"],
    exclude: ["**/node_modules/**", ".standins/**"],
    globalSetup: [join(import.meta.dirname, "globalSetup.ts")],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
