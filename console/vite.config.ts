import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const platform = process.env["C360_URL"] ?? "http://127.0.0.1:3600";
const compressible = /\.(js|css|html|svg)$/;
/** Below it the header that says "compressed" costs more than it saves. */
const minCompressedBytes = 1_024;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed(join(import.meta.dirname, "dist"))],
  build: {
    target: "es2023",
    manifest: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: { port: 3601, proxy: { "/api": platform, "/v1": platform } },
});

/** Writes `.br` and `.gz` beside each text file, so that the platform compresses nothing while it serves. */
function compressed(folder: string): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!compressible.test(name)) continue;
        const path = join(folder, name);
        const bytes = readFileSync(path);
        if (bytes.length < minCompressedBytes) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY - 2 };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
