import { Problem } from "../../../model/problem.ts";
import { costOf } from "./gateCosts.ts";
import {
  allowedFunctions,
  allowedNamedTypes,
  allowedNodes,
  allowedTableFunctions,
  allowedTypes,
  combiningFunctions,
  lengtheningFunctions,
  nodeWords,
} from "./gateNames.ts";
import { viewNames } from "./views.ts";

export const maxQueryChars = 20_000;
/** Queries within queries. */
const maxQueryDepth = 20;
/** How many times longer than what is stored or written a value of the query can get. */
const maxGrowth = 1_000;
const maxPadLength = 1_000;
/** Numbers of a generate_series or range that are written out. */
const maxSeriesLength = 10_000_000;
const maxExpressionNodes = 5_000;

/** What DuckDB's parser made of the text: `json_serialize_sql(sql, skip_null, skip_empty, skip_default)`. */
type Tree = { [key: string]: unknown };

export interface CheckedQuery {
  /** False when no answer can depend on `profile_id`: the views without it are enough, and faster. */
  needsProfileId: boolean;
}

/**
 * Lets one SELECT over the named views through, made of allowed nodes, functions and types only; whatever is not
 * known here is refused. Problem 422 `query_refused` says what and why; 400 `query_invalid` is a syntax error.
 */
export function checkQuery(sql: string, serialised: string): CheckedQuery {
  const parsed = JSON.parse(serialised) as Tree;
  if (parsed["error"] === true) throw parseProblem(sql, parsed);
  const statements = listOf(parsed["statements"]);
  if (statements.length === 0) throw new Problem(400, "query_invalid", "the query is empty", { field: "sql" });
  if (statements.length > 1) throw refused(`${statements.length} statements`, "send one SELECT at a time");
  const judge = new Judge();
  const root = treeOf(statements[0]);
  judge.queryOf(root, new Set());
  return { needsProfileId: judge.needsProfileId() };
}

/** Before parsing: its length. */
export function checkQueryText(sql: string): void {
  if (sql.length > maxQueryChars) throw refused(`a query of ${sql.length} characters`, `at most ${maxQueryChars}`);
  if (sql.includes("\0") || !sql.isWellFormed()) throw refused("text that is not well-formed Unicode", "remove it");
}

function refused(what: string, hint: string): Problem {
  return new Problem(422, "query_refused", `${what} cannot be used in a query`, { field: "sql", hint });
}

function parseProblem(sql: string, parsed: Tree): Problem {
  const message = String(parsed["error_message"]);
  if (parsed["error_type"] === "not implemented") {
    const verb = /^[\s(]*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? "this statement";
    return refused(`${verb}: anything but a SELECT`, `one SELECT over the views ${viewNames.join(", ")}`);
  }
  return new Problem(400, "query_invalid", message.split("\n")[0] ?? "syntax error", { field: "sql" });
}

function treeOf(value: unknown): Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * How much longer values get: `factor` multiplies along nested queries, `added` counts what one query puts together.
 * DuckDB's memory limit does not see a text while one function makes it, so its size is bounded here.
 */
interface Growth {
  factor: number;
  added: number;
}

class Judge {
  #depth = 0;
  #expressions = 0;
  #recursion = 0;
  #needsProfileId = false;
  /** What the body of the lambda may name that is being looked at. */
  #parameters: ReadonlySet<string> | null = null;
  readonly #relationNames = new Set<string>();
  readonly #loneColumns = new Set<string>();
  /** By the name and the query that made it: how much a CTE's values have grown. */
  readonly #grown = new Map<string, number>();

  needsProfileId(): boolean {
    return this.#needsProfileId || [...this.#loneColumns].some((name) => this.#relationNames.has(name));
  }

  /** A query node (or its wrapper, `{node}`) with the CTEs in scope; answers how much its values can have grown. */
  queryOf(value: unknown, outer: ReadonlySet<string>): number {
    const wrapper = treeOf(value);
    const node = "node" in wrapper ? treeOf(wrapper["node"]) : wrapper;
    if (++this.#depth > maxQueryDepth) throw refused("a query nested this deep", `at most ${maxQueryDepth} levels`);
    this.#allowNode(textOf(node["type"]));
    const scope = new Set(outer);
    for (const entry of listOf(treeOf(node["cte_map"])["map"])) this.#cte(treeOf(entry), scope);
    const growth =
      node["type"] === "RECURSIVE_CTE_NODE"
        ? this.#recursive(node, scope)
        : node["type"] === "SET_OPERATION_NODE"
          ? this.#setOperation(node, scope)
          : this.#children(node, scope, ["cte_map"]);
    this.#depth--;
    const total = growth.factor * (1 + growth.added);
    if (total > maxGrowth) {
      throw refused("text or lists that grow this much", `values may become about ${maxGrowth} times longer`);
    }
    return total;
  }

  #cte(entry: Tree, scope: Set<string>): void {
    const name = textOf(entry["key"]).toLowerCase();
    const grown = this.queryOf(treeOf(entry["value"])["query"], scope);
    for (const field of ["key_targets", "payload_aggregates"]) {
      if (listOf(treeOf(entry["value"])[field]).length > 0) throw refused("USING KEY", "a plain recursive query");
    }
    scope.add(name);
    this.#grown.set(name, Math.max(grown, this.#grown.get(name) ?? 1));
  }

  /** Only the second branch may name the query itself; there nothing may be put together, as it would grow each time. */
  #recursive(node: Tree, scope: ReadonlySet<string>): Growth {
    const own = textOf(node["cte_name"]).toLowerCase();
    const factor = this.queryOf(node["left"], scope);
    this.#recursion++;
    this.queryOf(node["right"], new Set([...scope, own]));
    this.#recursion--;
    return { factor, added: 0 };
  }

  /** Branches stand side by side: values grow as in the worse of them. */
  #setOperation(node: Tree, scope: ReadonlySet<string>): Growth {
    const branches = [node["left"], node["right"], ...listOf(node["children"])].filter((each) => each !== undefined);
    // A long chain of UNION is a deep tree on one side; only true nesting counts as depth.
    let factor = 1;
    for (const branch of branches) {
      this.#depth--;
      factor = Math.max(factor, this.queryOf(branch, scope));
      this.#depth++;
    }
    const rest = this.#children(node, scope, ["cte_map", "left", "right", "children"]);
    return { factor: Math.max(factor, rest.factor), added: rest.added };
  }

  #children(node: Tree, scope: ReadonlySet<string>, except: readonly string[] = []): Growth {
    const growth: Growth = { factor: 1, added: 0 };
    for (const [key, value] of Object.entries(node)) {
      if (except.includes(key)) continue;
      const grown = this.#any(value, scope);
      // Siblings don't multiply, but parts of one expression may be put together.
      growth.factor = Math.max(growth.factor, grown.factor);
      growth.added += grown.added;
    }
    return growth;
  }

  #any(value: unknown, scope: ReadonlySet<string>): Growth {
    if (Array.isArray(value)) return this.#children(Object.fromEntries(value.entries()), scope);
    if (typeof value !== "object" || value === null) return { factor: 1, added: 0 };
    const node = value as Tree;
    if (textOf(node["type"]).endsWith("_NODE") || "node" in node) {
      return { factor: this.queryOf(node, scope), added: 0 };
    }
    if (typeof node["type"] === "string" && node["type"] !== "SUBQUERY") this.#allowNode(node["type"]);
    return typeof node["class"] === "string" ? this.#expression(node, scope) : this.#relation(node, scope);
  }

  #allowNode(type: string): void {
    if (!allowedNodes.has(type))
      throw refused(nodeWords.get(type) ?? type.toLowerCase().replaceAll("_", " "), oneSelect);
  }

  #relation(node: Tree, scope: ReadonlySet<string>): Growth {
    const alias = textOf(node["alias"]).toLowerCase();
    if (alias !== "") this.#relationNames.add(alias);
    if (node["type"] === "BASE_TABLE") return this.#table(node, scope);
    if (node["type"] === "TABLE_FUNCTION") return this.#tableFunction(treeOf(node["function"]), scope);
    if (node["type"] === "JOIN") {
      const using = listOf(node["using_columns"]).some((name) => textOf(name).toLowerCase() === "profile_id");
      if (using || node["ref_type"] === "NATURAL") this.#needsProfileId = true;
    }
    return this.#children(node, scope);
  }

  #table(node: Tree, scope: ReadonlySet<string>): Growth {
    const name = textOf(node["table_name"]).toLowerCase();
    const schema = textOf(node["schema_name"]).toLowerCase();
    const catalog = textOf(node["catalog_name"]);
    if ("at_clause" in node) throw refused("AT (time travel)", "read the view as it is now");
    this.#relationNames.add(name);
    if (listOf(node["column_name_alias"]).length > 0) this.#needsProfileId = true;
    if (schema === "" && catalog === "" && scope.has(name)) return { factor: this.#grown.get(name) ?? 1, added: 0 };
    const isView = (viewNames as readonly string[]).includes(name);
    if (catalog === "" && (schema === "" || schema === "main") && isView) return { factor: 1, added: 0 };
    const written = [catalog, schema, textOf(node["table_name"])].filter((part) => part !== "").join(".");
    throw refused(`the relation \`${written.slice(0, 100)}\``, `the views are ${viewNames.join(", ")}`);
  }

  #tableFunction(call: Tree, scope: ReadonlySet<string>): Growth {
    const name = textOf(call["function_name"]).toLowerCase();
    if (!allowedTableFunctions.has(name) || isQualified(call)) {
      throw refused(
        `the table function \`${shown(call)}\``,
        `the views ${viewNames.join(", ")} and ${[...allowedTableFunctions].join(", ")} may stand in FROM`,
      );
    }
    if (name === "generate_series" || name === "range") {
      const numbers = listOf(call["children"]).map(constantNumber);
      const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, numbers[0] ?? 0] : numbers.map((n) => n ?? 0);
      const written = numbers.every((number) => number !== null);
      if (written && (step === 0 || (stop - start) / step > maxSeriesLength)) {
        throw refused("a series this long", `at most ${maxSeriesLength} values`);
      }
    }
    return this.#children(call, scope);
  }

  #expression(node: Tree, scope: ReadonlySet<string>): Growth {
    if (++this.#expressions > maxExpressionNodes) {
      throw refused("a query this large", `at most ${maxExpressionNodes} expressions`);
    }
    switch (node["class"]) {
      case "CONSTANT":
        return { factor: 1, added: 0 };
      case "COLUMN_REF":
        this.#column(listOf(node["column_names"]).map((name) => textOf(name).toLowerCase()));
        return { factor: 1, added: 0 };
      case "STAR":
        this.#needsProfileId = true;
        return this.#children(node, scope);
      case "POSITIONAL_REFERENCE":
        this.#needsProfileId = true;
        return { factor: 1, added: 0 };
      case "CAST":
        checkType(treeOf(node["cast_type"]));
        return this.#children(node, scope, ["cast_type"]);
      case "FUNCTION":
        return this.#function(node, scope);
      case "WINDOW":
        return this.#function(node, scope);
      case "LAMBDA":
        return this.#lambda(node, scope);
      default:
        return this.#children(node, scope);
    }
  }

  /** With a list from outside of it, a lambda takes a list's length times that list's: no deadline would end it. */
  #lambda(node: Tree, scope: ReadonlySet<string>): Growth {
    const left = treeOf(node["lhs"]);
    const parameters = left["class"] === "FUNCTION" ? listOf(left["children"]) : [left];
    const outer = this.#parameters;
    this.#parameters = new Set(parameters.map((each) => textOf(listOf(treeOf(each)["column_names"])[0]).toLowerCase()));
    const growth = this.#any(node["expr"], scope);
    this.#parameters = outer;
    return growth;
  }

  #column(names: string[]): void {
    if (this.#parameters !== null && !this.#parameters.has(names[0] ?? "")) {
      throw refused(
        `\`${names.join(".").slice(0, 100)}\` within a lambda`,
        "a lambda may name its own parameters only",
      );
    }
    if (names.includes("profile_id")) this.#needsProfileId = true;
    const [only] = names;
    if (names.length !== 1 || only === undefined) return;
    if (["current_catalog", "current_role", "current_schema", "current_user", "session_user"].includes(only)) {
      throw refused(`\`${only}\``, "name a column");
    }
    this.#loneColumns.add(only);
  }

  #function(node: Tree, scope: ReadonlySet<string>): Growth {
    const name = textOf(node["function_name"]).toLowerCase();
    if (!allowedFunctions.has(name) || isQualified(node)) {
      throw refused(`the function \`${shown(node)}\``, "only functions that compute on their arguments are allowed");
    }
    const growth = this.#children(node, scope);
    const children = listOf(node["children"]);
    const cost = costOf(name, children);
    if (cost !== null) throw refused(cost.what, cost.hint);
    if (combiningFunctions.has(name)) {
      if (this.#recursion > 0)
        throw refused(`\`${name}\` within a recursive query`, "put values together outside of it");
      growth.added += Math.max(0, children.length - 1);
    }
    growth.factor *= (lengtheningFunctions.get(name) ?? 1) * lengthening(name, children);
    if (this.#recursion > 0 && growth.factor > 1) {
      throw refused(`\`${name}\` within a recursive query`, "change values outside of it");
    }
    if (growth.factor > maxGrowth) throw refused(`\`${name}\` nested this deep`, "values would grow too long");
    return growth;
  }
}

const oneSelect = `a query is one SELECT over the views ${viewNames.join(", ")}`;

function isQualified(call: Tree): boolean {
  const schema = textOf(call["schema"]).toLowerCase();
  return textOf(call["catalog"]) !== "" || (schema !== "" && schema !== "main");
}

function shown(call: Tree): string {
  const parts = [call["catalog"], call["schema"], call["function_name"]].map(textOf);
  return parts
    .filter((part) => part !== "" && part !== "main")
    .join(".")
    .slice(0, 100);
}

function checkType(type: Tree): void {
  const id = textOf(type["id"]);
  const info = treeOf(type["type_info"]);
  const named = textOf(info["name"]).toLowerCase();
  const known = id === "UNBOUND" ? allowedNamedTypes.has(named) : allowedTypes.has(id);
  const qualified = textOf(info["schema"]) !== "" || textOf(info["catalog"]) !== "";
  if ((!known && id !== "TIMESTAMP WITH TIME ZONE") || qualified) {
    throw refused(`the type \`${(named || id).slice(0, 100)}\``, "cast to numbers, text, dates, times, lists or JSON");
  }
  checkInnerTypes(info);
}

function checkInnerTypes(value: unknown): void {
  if (Array.isArray(value)) value.forEach(checkInnerTypes);
  else if (typeof value === "object" && value !== null) {
    const node = value as Tree;
    if (typeof node["id"] === "string") checkType(node);
    else Object.values(node).forEach(checkInnerTypes);
  }
}

/** How many times longer than its first argument the answer of a call can be; refuses what cannot be told. */
function lengthening(name: string, children: unknown[]): number {
  if (name === "lpad" || name === "rpad") {
    const length = constantNumber(children[1]);
    if (length === null || length > maxPadLength) {
      throw refused(`\`${name}\` to this length`, `write out a length of at most ${maxPadLength}`);
    }
  }
  if (name === "replace" || name === "regexp_replace") {
    const pattern = constantText(children[1]);
    const replacement = constantText(children[2]);
    if (replacement === null || pattern === null) throw refused(`\`${name}\` by a column`, "write out both texts");
    const copies = name === "replace" ? 0 : (replacement.match(/\\\d/g)?.length ?? 0);
    const least = name === "replace" ? Math.max(1, pattern.length) : 1;
    return Math.max(1, Math.ceil(replacement.length / least) + copies);
  }
  if (name === "array_to_string" || name === "string_agg" || name === "group_concat" || name === "listagg") {
    if (children.length > 1 && (constantText(children[1])?.length ?? maxPadLength + 1) > maxPadLength) {
      throw refused(`\`${name}\` with this separator`, "write out a short one");
    }
  }
  return 1;
}

function constantText(value: unknown): string | null {
  const node = treeOf(value);
  if (node["class"] !== "CONSTANT") return null;
  const { value: text, is_null: isNull, type } = treeOf(node["value"]);
  // The empty text is left out of the tree.
  if (text === undefined && isNull === false && treeOf(type)["id"] === "VARCHAR") return "";
  return typeof text === "string" ? text : null;
}

/** A number that is written out, with its sign; null for anything else. */
function constantNumber(value: unknown): number | null {
  const node = treeOf(value);
  if (node["class"] === "FUNCTION" && node["function_name"] === "-") {
    const [only, ...more] = listOf(node["children"]);
    const number = more.length === 0 ? constantNumber(only) : null;
    return number === null ? null : -number;
  }
  if (node["class"] !== "CONSTANT") return null;
  const { value: number, is_null: isNull } = treeOf(node["value"]);
  if (number === undefined && isNull === false) return 0;
  return typeof number === "number" ? number : null;
}
