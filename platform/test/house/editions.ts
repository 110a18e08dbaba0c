/** A lock file of npm, as far as it says who depends on whom. */
export interface LockFile {
  packages: Record<
    string,
    {
      dependencies?: Record<string, string>;
      devDependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
      peerDependencies?: Record<string, string>;
      link?: boolean;
      resolved?: string;
    }
  >;
}

/** Clients of a cloud's services, and what they are made of. */
export const cloudPackages = /^(@aws-sdk|@aws|@smithy|aws-sdk|aws-cdk|@azure|@google-cloud)(\/|-|$)/;

/**
 * The names of all packages that come with the workspace in `folder`, optional and peer ones too, as Node finds them;
 * development only at the workspace itself.
 */
export function dependencyTree({ packages }: LockFile, folder: string): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const waiting = [{ at: folder, withDev: true }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, withDev } = next;
    const found = packages[at];
    if (seen.has(at) || found === undefined) continue;
    seen.add(at);
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = found;
    const wanted = {
      ...dependencies,
      ...optionalDependencies,
      ...peerDependencies,
      ...(withDev ? devDependencies : {}),
    };
    for (const name of Object.keys(wanted)) {
      const place = placeOf(packages, at, name);
      if (place === null) continue;
      names.add(name);
      waiting.push({
        at: packages[place]?.link === true ? (packages[place].resolved ?? place) : place,
        withDev: false,
      });
    }
  }
  return names;
}

/** The nearest `node_modules` that has it, upwards. */
function placeOf(packages: LockFile["packages"], from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === "") return null;
  }
}
