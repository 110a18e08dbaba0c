import { expect, test } from "vitest";
import { consentText } from "./consentText.ts";

test("a consent's purpose is told as people read it", () => {
  expect(consentText("marketing.email")).toBe("Marketing e-mail");
  expect(consentText("marketing.SMS")).toBe("Marketing SMS");
  expect(consentText("product_news")).toBe("Product news");
  expect(consentText("constructor")).toBe("Constructor");
  expect(consentText("Statistik")).toBe("Statistik");
  expect(consentText("...")).toBe("...");
});
