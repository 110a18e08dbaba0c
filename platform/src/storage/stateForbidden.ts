/**
 * The storage of the state is not there, or this process may not use it: neither an event's content nor a moment is to
 * blame, and trying again does not help before somebody has mended the deployment.
 */
export class StateForbidden extends Error {
  readonly code = "state_forbidden";
  constructor(why: string) {
    super(`the state may not be used, or is not there: ${why}`);
  }
}
