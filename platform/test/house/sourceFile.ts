import { parseSync, Visitor } from "oxc-parser";
import type * as Syntax from "oxc-parser";
import type { Tree } from "./tree.ts";

/** What the checks need to know of one TypeScript file. Lines count from 1. */
export interface SourceFile {
  path: string;
  lineCount: number;
  /** Tests, and what exists for tests only: never loaded in production, free of the import table. */
  isTest: boolean;
  imports: Import[];
  functions: { name: string; line: number; lineCount: number }[];
  defaultExports: number[];
  /** True when it only passes on what others export. */
  onlyReexports: boolean;
  doubleCasts: number[];
  comments: { line: number; text: string }[];
  /** First arguments of describe, it and test calls that are plain text. */
  testNames: { line: number; text: string }[];
  switchedOffTests: { line: number; what: string }[];
  syntaxErrors: { line: number; message: string }[];
}

export interface Import {
  line: number;
  /** Null when it is computed: then nobody can say what is imported. */
  specifier: string | null;
}

/** Every `.ts` and `.tsx` file of the tree, parsed; `.d.ts` files are made by tools. */
export function parseTree(tree: Tree): SourceFile[] {
  const sources: SourceFile[] = [];
  for (const path of [...tree.paths].filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts")).sort()) {
    const text = tree.text(path);
    if (text !== null) sources.push(parseSource(path, text));
  }
  return sources;
}

/** Parses one file; a file that does not parse has `syntaxErrors` and nothing else. */
function parseSource(path: string, text: string): SourceFile {
  const lineOf = lineFinder(text);
  const { program, comments, errors } = parseSync(path, text);
  const file: SourceFile = {
    path,
    lineCount: text === "" ? 0 : text.replace(/\n$/, "").split("\n").length,
    isTest: isTestPath(path),
    imports: [],
    functions: [],
    defaultExports: [],
    onlyReexports: program.body.length > 0 && program.body.every(passesOn),
    doubleCasts: [],
    comments: comments.map(({ start, value }) => ({ line: lineOf(start), text: value })),
    testNames: [],
    switchedOffTests: [],
    syntaxErrors: errors.map((error) => ({ line: lineOf(error.labels[0]?.start ?? 0), message: error.message })),
  };
  new Visitor(importVisitor(file, lineOf)).visit(program);
  file.isTest ||= file.imports.some(({ specifier }) => specifier === "vitest" || specifier === "fast-check");
  new Visitor(functionVisitor(file, lineOf)).visit(program);
  new Visitor(exportVisitor(file, lineOf)).visit(program);
  return file;
}

/** The names of calls that make up a suite, as a chain: `describe.skip.each(…)(…)` gives describe, skip, each. */
function callChain(node: Syntax.Expression | Syntax.Super): string[] {
  if (node.type === "Identifier") return [node.name];
  if (node.type === "CallExpression") return callChain(node.callee);
  if (node.type === "TaggedTemplateExpression") return callChain(node.tag);
  if (node.type === "MemberExpression" && !node.computed)
    return [...callChain(node.object), node.property.type === "Identifier" ? node.property.name : "#"];
  return [];
}

type LineOf = (offset: number) => number;

function importVisitor(file: SourceFile, lineOf: LineOf): Syntax.VisitorObject {
  const add = (node: { start: number }, specifier: string | null): void => {
    file.imports.push({ line: lineOf(node.start), specifier });
  };
  return {
    ImportDeclaration: (node) => add(node, node.source.value),
    ExportAllDeclaration: (node) => add(node, node.source.value),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node, node.source.value);
    },
    ImportExpression: (node) => add(node, plainText(node.source)),
    TSImportType: (node) => add(node, node.source.value),
    TSExternalModuleReference: (node) => add(node, node.expression.value),
    NewExpression: (node) => {
      const name = callChain(node.callee).join(".");
      const [first, base] = node.arguments;
      if (first === undefined || first.type === "SpreadElement") return;
      if (name === "URL" && base !== undefined && isImportMeta(base, "url")) {
        const target = plainText(first);
        if (target !== null && /\.[mc]?[jt]s$/.test(target)) add(node, target);
      }
      // A worker's file given as a path could be anything: only a URL beside the importer can be followed.
      if (
        name === "Worker" &&
        ["Literal", "TemplateLiteral", "CallExpression", "BinaryExpression"].includes(first.type)
      )
        add(node, null);
    },
    CallExpression: (node) => {
      const [first] = node.arguments;
      if (first === undefined || first.type === "SpreadElement") return;
      if (callChain(node.callee).join(".") === "require" || isImportMeta(node.callee, "resolve"))
        add(node, plainText(first));
    },
  };
}

/** A function that makes these calls is a suite, or a part of one. */
const suiteCalls = new Set(["describe", "it", "test"]);

function functionVisitor(file: SourceFile, lineOf: LineOf): Syntax.VisitorObject {
  const names = new Map<number, string>();
  /** Starts of functions that only give a suite its shape: its length is that of its tests. */
  const suites = new Set<number>();
  const open: { start: number; isSuite: boolean }[] = [];
  const enter = (node: { start: number; id?: Syntax.BindingIdentifier | null }): void => {
    if (node.id) names.set(node.start, node.id.name);
    open.push({ start: node.start, isSuite: suites.has(node.start) });
  };
  const leave = (node: { start: number; end: number; body: object | null }): void => {
    const isSuite = open.pop()?.isSuite ?? false;
    if ((isSuite && file.isTest) || node.body === null) return;
    const line = lineOf(node.start);
    const name = names.get(node.start) ?? `line ${line}`;
    file.functions.push({ name, line, lineCount: lineOf(node.end) - line + 1 });
  };
  return {
    VariableDeclarator: (node) => {
      if (node.init !== null && node.id.type === "Identifier") names.set(node.init.start, node.id.name);
    },
    Property: (node) => {
      if (node.key.type === "Identifier") names.set(node.value.start, node.key.name);
    },
    MethodDefinition: (node) => {
      if (node.key.type === "Identifier") names.set(node.value.start, node.key.name);
    },
    "CallExpression:exit": (node) => noteTestCall(file, node, lineOf),
    CallExpression: (node) => {
      const [root = ""] = callChain(node.callee);
      if (root === "describe") for (const argument of node.arguments) suites.add(argument.start);
      const around = open.at(-1);
      if (around !== undefined && suiteCalls.has(root)) around.isSuite = true;
    },
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression: enter,
    "FunctionDeclaration:exit": leave,
    "FunctionExpression:exit": leave,
    "ArrowFunctionExpression:exit": leave,
  };
}

function noteTestCall(file: SourceFile, node: Syntax.CallExpression, lineOf: LineOf): void {
  const [root, ...modifiers] = callChain(node.callee);
  if (root === undefined || !suiteCalls.has(root)) return;
  const line = lineOf(node.start);
  const [first] = node.arguments;
  const text = first === undefined || first.type === "SpreadElement" ? null : plainText(first);
  if (text !== null) file.testNames.push({ line, text });
  // `it.skip.each(…)(…)` is two calls with one chain; the outer one speaks for both.
  if (node.callee.type !== "MemberExpression" || modifiers.at(-1) !== "each")
    for (const modifier of modifiers)
      if (["skip", "only", "todo", "fails"].includes(modifier)) file.switchedOffTests.push({ line, what: modifier });
}

function exportVisitor(file: SourceFile, lineOf: LineOf): Syntax.VisitorObject {
  return {
    ExportDefaultDeclaration: (node) => {
      file.defaultExports.push(lineOf(node.start));
    },
    ExportSpecifier: (node) => {
      const name = node.exported.type === "Literal" ? node.exported.value : node.exported.name;
      if (name === "default") file.defaultExports.push(lineOf(node.start));
    },
    TSAsExpression: (node) => {
      if (node.expression.type === "TSAsExpression") file.doubleCasts.push(lineOf(node.start));
    },
  };
}

function passesOn(statement: Syntax.Directive | Syntax.Statement): boolean {
  if (statement.type === "ExportAllDeclaration") return true;
  return statement.type === "ExportNamedDeclaration" && statement.source !== null;
}

function isTestPath(path: string): boolean {
  return /\.(test|contract|fake|bench)\.ts$/.test(path) || /(^|\/)test\//.test(path);
}

function isImportMeta(node: Syntax.Expression | Syntax.Super | Syntax.SpreadElement, property: string): boolean {
  return (
    node.type === "MemberExpression" &&
    node.object.type === "MetaProperty" &&
    node.property.type === "Identifier" &&
    node.property.name === property
  );
}

/** The value of a string literal or of a template without holes. */
function plainText(node: Syntax.Expression): string | null {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? null;
  return null;
}

function lineFinder(text: string): LineOf {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
