/** A word, number or sign of a shader's source. */
export interface Token {
  /** The token itself. */
  readonly text: string;
  /** White space before it; comments are left out. */
  readonly space: string;
  /** Whether it is a name or keyword. */
  readonly isName: boolean;
  /** Where it ends in the source. */
  readonly end: number;
}

const TOKEN =
  /((?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*)(?:([A-Za-z_]\w*)|0[xX][\da-fA-F]+[iu]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||\+\+|--|->|<<|>>|::|\S|$)/gy;

const COMMENT = /[ \t]*(?:\/\/[^\n]*|\/\*[^]*?\*\/)/g;

/** Reads a shader's source as tokens. */
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
