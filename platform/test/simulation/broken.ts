/** Something that always holds does not. */
export class Broken extends Error {
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.name = "Broken";
    this.rule = rule;
  }
}
