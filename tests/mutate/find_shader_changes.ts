import { type Token, tokenize } from "../../src/kernels/wgsl/expression.ts";
import { type Change, nextNumber, SWAPS } from "./mutant.ts";

const OPERATORS = new Set("< <= > >= && || == != + - += -=".split(" "));
const WORDS = new Set(["min", "max", "ceil", "floor", "true", "false"]);

/** The changes of a shader: never of comments, types, attributes, imports and defaults. */
export function findShaderChanges(source: string): Change[] {
  const tokens = tokenize(source);
  const found: Change[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    // Kernels set overrides: their defaults are for compilers.
    if (/^(import|override)$/.test(token.text)) i = indexOf(";", i);
    else if (token.text === "@") i = endOfAttribute(i);
    else if (token.text === "<" && isTight(token, tokens[i + 1])) {
      i = endOfType(i);
    } else if (OPERATORS.has(token.text)) {
      // With blanks around it: a minus without them is a sign.
      if (token.space && tokens[i + 1].space) add(token, SWAPS[token.text]);
    } else if (WORDS.has(token.text)) {
      const isValue = /^(true|false)$/.test(token.text);
      if (isValue || tokens[i + 1].text === "(") add(token, SWAPS[token.text]);
    } else if (/^\d/.test(token.text)) {
      const after = nextNumber(token.text);
      if (after) add(token, after);
    } else if (token.text === "if" && tokens[i + 1].text === "(") {
      negate(i + 1);
    }
  }
  return found;

  function indexOf(text: string, from: number): number {
    return tokens.findIndex((token, i) => i > from && token.text === text);
  }

  /** Of `@compute`, `@workgroup_size(8)`, `@if(relu)`. */
  function endOfAttribute(at: number): number {
    const open = at + 2;
    return tokens[open]?.text === "(" && tokens[open].space === ""
      ? closing(open)
      : at + 1;
  }

  /** Of the arguments of a type, which may have arguments, too. */
  function endOfType(open: number): number {
    let depth = 0;
    for (let i = open; i < tokens.length; i++) {
      for (const sign of tokens[i].text) {
        depth += sign === "<" ? 1 : sign === ">" ? -1 : 0;
      }
      if (depth === 0) return i;
    }
    throw new SyntaxError("Cannot mutate a shader: a type stays open");
  }

  function closing(open: number): number {
    let depth = 0;
    for (let i = open; i < tokens.length; i++) {
      depth += tokens[i].text === "(" ? 1 : tokens[i].text === ")" ? -1 : 0;
      if (depth === 0) return i;
    }
    throw new SyntaxError("Cannot mutate a shader: a parenthesis stays open");
  }

  function negate(open: number): void {
    const start = tokens[open].end;
    const before = source.slice(start, startOf(tokens[closing(open)])).trim();
    found.push({ start, before, after: `!(${before})` });
  }

  function add(token: Token, after: string): void {
    found.push({ start: startOf(token), before: token.text, after });
  }
}

function startOf({ text, end }: Token): number {
  return end - text.length;
}

function isTight(token: Token, next: Token | undefined): boolean {
  return token.space === "" && next?.space === "";
}
