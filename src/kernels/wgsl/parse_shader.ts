import { cannot } from "../../errors/cannot.ts";
import {
  type IntegerExpression,
  integerExpression,
  tokenize,
} from "./expression.ts";

/** A part of a shader: literal text, or a construct that {@linkcode specialize} resolves. */
export type Part =
  | string
  | Condition
  | UnrolledLoop
  | Counter
  | SplitArray
  | Element
  | Constant;

/** `@if(name) held`, with an optional `@else otherwise`. */
export interface Condition {
  readonly kind: "condition";
  readonly name: string;
  readonly held: readonly Part[];
  readonly otherwise: readonly Part[];
}

/** `@unroll for (var counter = first; counter < end; counter++) { body }`. */
export interface UnrolledLoop {
  readonly kind: "loop";
  readonly counter: string;
  readonly first: Expression;
  readonly end: Expression;
  readonly body: readonly Part[];
}

/** The counter of an unrolled loop, in its body. */
export interface Counter {
  readonly kind: "counter";
  readonly space: string;
  readonly name: string;
}

/** `@split prefix name: array<type, length>`, and the symbol that ends it. */
export interface SplitArray {
  readonly kind: "array";
  readonly space: string;
  readonly prefix: readonly string[];
  readonly name: string;
  readonly type: string;
  readonly length: Expression;
  readonly sign: string;
}

/** `name[index]` of a split array. */
export interface Element {
  readonly kind: "element";
  readonly space: string;
  readonly name: string;
  readonly index: Expression;
}

/** `override name: type = initial;`, or the same with `const`. */
export interface Constant {
  readonly kind: "constant";
  readonly space: string;
  readonly keyword: string;
  readonly name: string;
  readonly type: string | undefined;
  readonly initial: Expression | undefined;
}

/** An expression: its text and its value. */
export interface Expression {
  readonly text: string;
  readonly value: IntegerExpression;
}

const BLOCKS = new Set([
  "fn",
  "for",
  "if",
  "loop",
  "struct",
  "switch",
  "while",
]);

/** Parses a linked shader in the language of `docs/shaders.md`. */
export function parseShader(source: string): readonly Part[] {
  const tokens = tokenize(source);
  const numbered = new Map(
    tokens.filter(({ isName, text }) => isName && /\d$/.test(text))
      .map(({ text }) => [text.replace(/\d+$/, ""), text]),
  );
  const counters: string[] = [];
  const members = new Set<string>();
  let variables = new Set<string>();
  let at = 0;
  const parts = body();
  if (at < tokens.length) fail('unmatched "}"');
  return parts;

  function fail(reason: string): never {
    const line = source.slice(0, tokens[at]?.end).split("\n").length;
    throw cannot("parse shader", `${reason} on line ${line}`, {
      kind: SyntaxError,
    });
  }

  function peek(ahead = 0): string | undefined {
    return tokens[at + ahead]?.text;
  }

  function next(...expected: string[]) {
    if (at === tokens.length) fail("unexpected end of source");
    if (expected.length > 0 && !expected.includes(peek()!)) {
      fail(`expected "${expected.join('" or "')}", received "${peek()}"`);
    }
    return tokens[at++];
  }

  /** Reads up to the first of these symbols outside brackets. */
  function until(...signs: string[]): Expression {
    const found = [];
    for (let depth = 0; depth > 0 || !signs.includes(peek() ?? "");) {
      const token = next();
      depth += depthOf(token.text);
      found.push(token);
    }
    return {
      text: found.map(({ space, text }) => space + text).join("").trim(),
      value: integerExpression(found.map(({ text }) => text)),
    };
  }

  /** Reads up to a closing brace, or the end. */
  function body(): Part[] {
    const outer = variables;
    variables = new Set(outer);
    const found: Part[] = [];
    while (at < tokens.length && peek() !== "}") append(found, part());
    variables = outer;
    return found;
  }

  function part(): Part[] {
    const found = directive();
    if (found) return [found];
    if (peek() === "override" || peek() === "const") return [constant()];
    const { text, space, isName } = next();
    if (text === "{") {
      return [`${space}{`, ...body(), `${next("}").space}}`];
    }
    const isMember = peek(-2) === ".";
    if (peek() === "[" && (isMember ? members : variables).has(text)) {
      next();
      const index = until("]");
      next();
      return [{ kind: "element", space, name: text, index }];
    }
    if (isName && !isMember && counters.includes(text)) {
      return [{ kind: "counter", space, name: text }];
    }
    return [space + text];
  }

  function directive(): Part | undefined {
    if (peek() !== "@") return undefined;
    if (peek(1) === "if") return condition();
    if (peek(1) === "unroll") return loop();
    if (peek(1) === "split") return array();
    if (peek(1) === "else") fail(`"@else" does not follow "@if"`);
    return undefined;
  }

  function condition(): Condition {
    const { space } = next("@");
    for (const text of ["if", "("]) next(text);
    const negated = peek() === "!" && next();
    const name = next().text;
    next(")");
    const first = [space, ...item()];
    let second: Part[] = [];
    if (peek() === "@" && peek(1) === "else") {
      second = [next().space];
      next();
      append(second, item());
    }
    const [held, otherwise] = negated ? [second, first] : [first, second];
    return { kind: "condition", name, held, otherwise };
  }

  /** Reads the item that a condition applies to: a declaration, a statement, or a member of a struct. */
  function item(): Part[] {
    const found: Part[] = [];
    while (peek() === "@") {
      const special = directive();
      if (special) return [...found, special];
      append(found, [`${next().space}@${next().text}`]);
      if (peek() === "(") {
        append(found, [`${next().space}(${until(")").text})`]);
        next();
      }
    }
    const first = peek();
    if (first === "override" || first === "const") {
      return [...found, constant()];
    }
    const isMember = peek(1) === ":";
    const isBlock = first === "{" || BLOCKS.has(first ?? "");
    for (let depth = 0;;) {
      if (isMember && peek() === "}") return found;
      const sign = peek() ?? fail("unexpected end of source");
      depth += depthOf(sign, isMember);
      append(found, part());
      if (depth > 0) continue;
      if (isBlock) {
        if (sign === "{" && !(first === "if" && peek() === "else")) {
          return found;
        }
      } else if (sign === ";" || (isMember && sign === ",")) return found;
    }
  }

  function loop(): UnrolledLoop {
    for (const text of ["@", "unroll", "for", "(", "var"]) next(text);
    const counter = next().text;
    next("=");
    const first = until(";");
    for (const text of [";", counter, "<"]) next(text);
    const end = until(";");
    for (const text of [";", counter, "++", ")", "{"]) next(text);
    counters.push(counter);
    const repeated = body();
    counters.pop();
    next("}");
    return { kind: "loop", counter, first, end, body: repeated };
  }

  function array(): SplitArray {
    const { space } = next("@");
    next("split");
    const prefix: string[] = [];
    while (peek(1) !== ":") {
      const token = next();
      prefix.push((prefix.length > 0 ? token.space : "") + token.text);
    }
    const name = next().text;
    const taken = numbered.get(name);
    if (taken) {
      fail(`the name "${taken}", which splitting "${name}" needs, is taken`);
    }
    next(":");
    next("array", "binding_array");
    next("<");
    const type = until(",");
    next();
    const length = until(">");
    next();
    const sign = peek() === "}" ? "," : next(";", ",").text;
    (prefix.length > 0 ? variables : members).add(name);
    return {
      kind: "array",
      space,
      prefix,
      name,
      type: type.text,
      length,
      sign,
    };
  }

  function constant(): Constant {
    const { space, text: keyword } = next();
    const name = next().text;
    const type = peek() === ":" && next() ? until("=", ";").text : undefined;
    const initial = peek() === "=" && next() ? until(";") : undefined;
    next(";");
    return { kind: "constant", space, keyword, name, type, initial };
  }
}

/** The change in bracket depth at a symbol. In types, `<` and `>` are brackets. */
function depthOf(sign: string, inType = false): number {
  if (sign === "(" || sign === "[" || (inType && sign === "<")) return 1;
  if (sign === ")" || sign === "]" || (inType && sign === ">")) return -1;
  return 0;
}

/** Appends parts, and merges adjacent text. */
function append(parts: Part[], added: readonly Part[]): void {
  for (const part of added) {
    const last = parts.length - 1;
    if (typeof part === "string" && typeof parts[last] === "string") {
      parts[last] += part;
    } else parts.push(part);
  }
}
