import chromium from "@sparticuz/chromium";

/**
 * Before the first test of a run: two that unpacked Chromium at the same time would start one that is half there.
 * Workers inherit the environment, and with it the place.
 */
export async function setup(): Promise<void> {
  process.env["C360_TEST_CHROMIUM"] = await chromium.executablePath();
}
