import type { RulesListView, RulesPreviewView, RulesVersionView } from "../api/rulesViews.ts";
import type { Transport } from "./transport.ts";

/** What a verb may ask about identity rules. */
export interface RulesCalls {
  rules(limit: number): Promise<RulesListView>;
  rulesVersion(number: number): Promise<RulesVersionView>;
  previewRules(document: unknown): Promise<RulesPreviewView>;
  rulesPreview(id: string): Promise<RulesPreviewView>;
  cancelRulesPreview(id: string): Promise<RulesPreviewView>;
  publishRules(wanted: {
    document: unknown;
    basedOn: number;
    reason: string;
  }): Promise<{ version: RulesVersionView; decided: boolean }>;
}

const path = "/api/identity/rules";

// The shapes are the API's own, held by its tests.
export function rulesCalls(send: Transport): RulesCalls {
  const get = (of: string) => send({ method: "GET", path: `${path}${of}` });
  const post = (to: string, body: unknown) => send({ method: "POST", path: `${path}${to}`, body });
  return {
    rules: async (limit) => (await get(`?limit=${limit}`)) as RulesListView,
    rulesVersion: async (number) => (await get(`/${number}`)) as RulesVersionView,
    previewRules: async (document) => (await post("/preview", { document })) as RulesPreviewView,
    rulesPreview: async (id) => (await get(`/previews/${encodeURIComponent(id)}`)) as RulesPreviewView,
    cancelRulesPreview: async (id) =>
      (await post(`/previews/${encodeURIComponent(id)}/cancel`, {})) as RulesPreviewView,
    publishRules: async (wanted) => (await post("", wanted)) as { version: RulesVersionView; decided: boolean },
  };
}
