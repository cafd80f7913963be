import { parse } from "@babel/parser";
import { type Change, nextNumber, SWAPS } from "./mutant.ts";

/** A node of the syntax tree, as far as it is read here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const NOTHING =
  /^(Import|Export(All|Default|Named)Declaration$|TemplateLiteral$)/;
// These are values; all other nodes of this kind are types.
const VALUES = /^TS(As|Satisfies|NonNull)Expression$|^TSParameterProperty$/;
const BLANK = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;

/** The changes of a TypeScript module: never of comments, strings, types and imports. */
export function findTypeScriptChanges(source: string): Change[] {
  const { program } = parse(source, {
    sourceType: "module",
    plugins: ["typescript", "explicitResourceManagement"],
    createParenthesizedExpressions: true,
  });
  const found: Change[] = [];
  visit(program as unknown as Node);
  return found.sort((a, b) => a.start - b.start);

  function visit(node: Node): void {
    const { type, declaration } = node;
    if (type.startsWith("Export") && isNode(declaration)) visit(declaration);
    // What stands in a template is a word of a message.
    if (NOTHING.test(type) || type.startsWith("TS") && !VALUES.test(type)) {
      return;
    }
    if (/^(Binary|Logical|Assignment)Expression$/.test(type)) operator(node);
    else if (type === "MemberExpression") math(node);
    else if (type === "NumericLiteral" || type === "BigIntLiteral") {
      const after = nextNumber(text(node));
      if (after) add(node.start, text(node), after);
    } else if (type === "BooleanLiteral") swap(node.start, text(node));
    else if (/^(IfStatement|ConditionalExpression)$/.test(type)) {
      const { start, end } = node.test as Node;
      const condition = source.slice(start, end);
      add(start, condition, `!(${condition})`);
    }
    for (const [key, child] of Object.entries(node)) {
      // A key of an object is a name, even if it is a number.
      if (key === "key" && !node.computed) continue;
      for (const each of [child].flat()) if (isNode(each)) visit(each);
    }
  }

  function operator(node: Node): void {
    const [left, right] = [node.left, node.right] as [Node, Node];
    const isSum = /^\+=?$/.test(node.operator as string);
    if (isSum && [left, right].some(isText)) return;
    BLANK.lastIndex = left.end;
    BLANK.test(source);
    swap(BLANK.lastIndex, node.operator as string);
  }

  function math({ object, property }: Node): void {
    if (text(object as Node) !== "Math") return;
    swap((property as Node).start, text(property as Node));
  }

  function text({ start, end }: Node): string {
    return source.slice(start, end);
  }

  function swap(start: number, before: string): void {
    if (Object.hasOwn(SWAPS, before)) add(start, before, SWAPS[before]);
  }

  function add(start: number, before: string, after: string): void {
    found.push({ start, before, after });
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value &&
    "start" in value;
}

/** Whether a sum with such a term joins texts. */
function isText(node: Node): boolean {
  if (/^(StringLiteral|TemplateLiteral)$/.test(node.type)) return true;
  if (node.type === "ParenthesizedExpression") {
    return isText(node.expression as Node);
  }
  return node.type === "BinaryExpression" &&
    [node.left, node.right].some((term) => isText(term as Node));
}
