/** One of the ways in which two values can be alike. */
export interface Level {
  label: string;
  /** Where the estimation starts, and what holds it where the data has too few pairs: the share among pairs of one person. */
  match: number;
  /** Among pairs of one household. Null: as among strangers, since a household says nothing of it. */
  household: number | null;
  /** Among strangers, where random pairs are too few to tell. */
  stranger: number;
  /** Bits that it may speak for a match at most, where something else has said most of it already. */
  maxWeight?: number;
  /** The field that is equal at this level, if one is: a rare value then weighs more than a frequent one. */
  termField: string | null;
  /** Levels of one group are alternatives to one another; a `+` stands for each part that is there, `-` for one that is missing. */
  group: string;
}

/** How two records are compared in one respect. Level 0 says that it is missing on either side. */
export interface Comparison {
  name: string;
  levels: readonly Level[];
  /** Each computed once a pair, from the fields of both records, `a_surname` and `b_surname`. */
  similarities: readonly { name: string; sql: string }[];
  /** SQL for the level's number, from fields and similarities. */
  levelSql: string;
  /** Whether this comparison tells a household from strangers. */
  isSharedAtHome: boolean;
}
