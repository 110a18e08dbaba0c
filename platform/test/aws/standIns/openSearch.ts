import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installOnce, mavenFile, runInstaller } from "./installing.ts";
import { Missing, type StandIn } from "./standIn.ts";

const version = "3.6.0";
const artifact = `org.opensearch.distribution.integ-test-zip:opensearch:${version}:zip`;
const sha256 = "a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286";
const leastJava = 21;
const heap = "512m";
/** `nobody`: OpenSearch refuses to run as root. */
const nobody = 65_534;
/** Where Debian and others put a JDK. */
const jdkFolders = "/usr/lib/jvm";

/** OpenSearch itself without plugins, from Maven Central. */
export const openSearch: StandIn = {
  name: "opensearch",
  services: "OpenSearch",
  maxStartMs: 180_000,
  async install(folder) {
    await javaHome();
    await installOnce(folder, version, async (into) => {
      const zip = await mavenFile(into, artifact, sha256);
      await runInstaller("unzip", ["-q", zip, "-d", into], "unzip");
      await rm(zip);
    });
  },
  async launch(folder, port) {
    const home = join(folder, `opensearch-${version}`);
    const work = join(folder, `run-${port}`);
    const isRoot = process.getuid?.() === 0;
    await prepare(home, work, port, isRoot);
    return {
      command: join(home, "bin/opensearch"),
      args: [],
      env: {
        OPENSEARCH_PATH_CONF: join(work, "config"),
        OPENSEARCH_JAVA_HOME: await javaHome(),
        OPENSEARCH_JAVA_OPTS: `-Xms${heap} -Xmx${heap}`,
      },
      cwd: work,
      ...(isRoot ? { uid: nobody } : {}),
    };
  },
  isReady: async (url) => (await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`)).ok,
};

/** A folder of its own for each run: config, data, logs, temporary files. */
async function prepare(home: string, work: string, port: number, isRoot: boolean): Promise<void> {
  await rm(work, { recursive: true, force: true });
  const folders = ["", "config", "data", "logs"].map((name) => join(work, name));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const options = await readFile(join(home, "config/jvm.options"), "utf8");
  const settings = [
    `path.data: ${join(work, "data")}`,
    `path.logs: ${join(work, "logs")}`,
    "network.host: 127.0.0.1",
    `http.port: ${port}`,
    "transport.port: 0",
    "discovery.type: single-node",
    "cluster.routing.allocation.disk.threshold_enabled: false",
  ];
  const files = {
    "opensearch.yml": `${settings.join("\n")}\n`,
    // Its log of collections would lie in a folder that another user may not write.
    "jvm.options": options.replaceAll(/^.*gc\.log.*$/gm, ""),
    "log4j2.properties":
      "rootLogger.level = warn\nrootLogger.appenderRef.console.ref = console\nappender.console.type = Console\nappender.console.name = console\nappender.console.layout.type = PatternLayout\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(work, "config", name), text);
  if (!isRoot) return;
  for (const folder of folders) {
    await chown(folder, nobody, nobody);
    await chmod(folder, 0o755);
  }
  for (const name of Object.keys(files)) await chown(join(work, "config", name), nobody, nobody);
}

/** The newest JDK that is new enough: of JAVA_HOME, of the path, of the system. */
async function javaHome(): Promise<string> {
  const installed = existsSync(jdkFolders) ? readdirSync(jdkFolders).map((name) => join(jdkFolders, name)) : [];
  const homes = [process.env["JAVA_HOME"] ?? "", ...installed].filter((home) => existsSync(join(home, "bin/java")));
  for (const home of homes) if ((await majorOf(join(home, "bin/java"))) >= leastJava) return home;
  throw new Missing(`no Java ${leastJava} or newer here (JAVA_HOME, ${jdkFolders})`);
}

async function majorOf(java: string): Promise<number> {
  const said = await runInstaller(java, ["--version"], "Java").catch(() => "");
  return Number(/^\S+ (\d+)/.exec(said)?.[1] ?? 0);
}
