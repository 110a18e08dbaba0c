/**
 * Hears from each follower how much of the feed it durably has, and passes on what the slowest has, once every one has
 * said so: until then, nothing of the feed may go.
 */
export function slowestFollower<Name extends string>(
  followers: readonly Name[],
  release: (version: number) => void,
): (follower: Name, version: number) => void {
  const versions = new Map<Name, number>();
  let released = 0;
  return (follower, version) => {
    versions.set(follower, version);
    const slowest = Math.min(...followers.map((each) => versions.get(each) ?? 0));
    if (slowest <= released) return;
    released = slowest;
    release(slowest);
  };
}
