export interface Snippet {
  id: string;
  label: string;
  /** What to run first; null where nothing is needed. */
  install: string | null;
  code: string;
}

const event = '{"userId":"ada","event":"Product Viewed","properties":{"product_id":"tea-1","name":"Earl Grey"}}';

/** How each SDK sends a first event to `url` with `writeKey`. They work as they stand. */
export function snippetsFor(url: string, writeKey: string): Snippet[] {
  const key = JSON.stringify(writeKey);
  const host = JSON.stringify(url);
  return [
    {
      id: "browser",
      label: "Browser",
      install: "npm install @segment/analytics-next",
      code: `import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({ writeKey: ${key}, cdnURL: ${host} });
analytics.page();
analytics.track("Product Viewed", { product_id: "tea-1", name: "Earl Grey" });
analytics.identify("ada", { email: "ada@example.com" });`,
    },
    {
      id: "node",
      label: "Node",
      install: "npm install @segment/analytics-node",
      code: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: ${key}, host: ${host} });
analytics.track({ userId: "ada", event: "Product Viewed", properties: { product_id: "tea-1" } });
await analytics.closeAndFlush();`,
    },
    {
      id: "rudderstack",
      label: "RudderStack",
      install: "npm install @rudderstack/rudder-sdk-node",
      code: `import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const rudder = new RudderAnalytics(${key}, { dataPlaneUrl: ${host} });
rudder.track({ userId: "ada", event: "Product Viewed", properties: { product_id: "tea-1" } });
await new Promise((resolve) => rudder.flush(resolve));`,
    },
    {
      id: "curl",
      label: "curl",
      install: null,
      code: `curl -sS ${url}/v1/track -u '${writeKey}:' -H 'content-type: application/json' -d '${event}'`,
    },
    {
      id: "http",
      label: "HTTP",
      install: null,
      code: `POST /v1/track HTTP/1.1
Host: ${new URL(url).host}
Authorization: Bearer ${writeKey}
Content-Type: application/json

${event}`,
    },
  ];
}
