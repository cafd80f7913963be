/** A word, number or symbol of a shader's source. */
export interface Token {
  readonly text: string;
  /** Whitespace before the token, without comments. */
  readonly space: string;
  /** Whether it is a name or keyword. */
  readonly isName: boolean;
  /** Offset of its end in the source. */
  readonly end: number;
}

const TOKEN =
  /((?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*)(?:([A-Za-z_]\w*)|0[xX][\da-fA-F]+[iu]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||\+\+|--|->|<<|>>|::|\S|$)/gy;

const COMMENT = /[ \t]*(?:\/\/[^\n]*|\/\*[^]*?\*\/)/g;

/** Splits a shader's source into tokens. */
export function tokenize(source: string): Token[] {
  return [...source.matchAll(TOKEN)].map((
    { 0: whole, 1: space, 2: name, index },
  ) => ({
    text: whole.slice(space.length),
    space: space.includes("/") ? space.replace(COMMENT, "") : space,
    isName: name !== undefined,
    end: index + whole.length,
  })).filter(({ text }) => text !== "");
}

/** Evaluates an expression with the values of names; `undefined` if it is not a constant integer. */
export type IntegerExpression = (
  scope: ReadonlyMap<string, number>,
) => number | undefined;

type Operation = (a: number, b: number) => number | undefined;

const PRODUCTS: Readonly<Record<string, Operation>> = {
  "*": (a, b) => a * b,
  "/": (a, b) => b === 0 ? undefined : Math.trunc(a / b),
  "%": (a, b) => b === 0 ? undefined : a % b,
};
const SUMS: Readonly<Record<string, Operation>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
};

const nothing: IntegerExpression = () => undefined;

/** Parses the tokens of an integer expression: literals, names, `+ - * / %` and parentheses. */
export function integerExpression(
  tokens: readonly string[],
): IntegerExpression {
  let at = 0;
  const sum = operations(SUMS, operations(PRODUCTS, primary));
  const value = sum();
  return at === tokens.length ? value : nothing;

  function operations(
    known: Readonly<Record<string, Operation>>,
    operand: () => IntegerExpression,
  ) {
    return () => {
      let value = operand();
      while (Object.hasOwn(known, tokens[at] ?? "")) {
        const operation = known[tokens[at++]];
        const [left, right] = [value, operand()];
        value = (scope) => {
          const [a, b] = [left(scope), right(scope)];
          return a === undefined || b === undefined
            ? undefined
            : operation(a, b);
        };
      }
      return value;
    };
  }

  function primary(): IntegerExpression {
    const token = tokens[at++] ?? "";
    if (token === "(") {
      const inner = sum();
      return tokens[at++] === ")" ? inner : nothing;
    }
    const number = /^(\d+)[ui]?$/.exec(token);
    if (!number) return (scope) => scope.get(token);
    const value = Number(number[1]);
    return () => value;
  }
}
