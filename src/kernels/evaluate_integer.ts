/**
 * Evaluates a shader's constant integer expression: literals, names in `scope`, `+ - * / %` and parentheses.
 * Returns `undefined` where it holds anything else.
 */
export function evaluateInteger(
  expression: string,
  scope: ReadonlyMap<string, number>,
): number | undefined {
  const tokens = expression.match(/\w+|[-+*/%()]|\S/g) ?? [];
  let at = 0;

  function primary(): number | undefined {
    const token = tokens[at++];
    if (token === "(") {
      const inner = sum();
      return tokens[at++] === ")" ? inner : undefined;
    }
    if (token === undefined) return undefined;
    const number = /^(\d+)[ui]?$/.exec(token);
    return number ? Number(number[1]) : scope.get(token);
  }

  function product(): number | undefined {
    let value = primary();
    while (tokens[at] === "*" || tokens[at] === "/" || tokens[at] === "%") {
      const operator = tokens[at++];
      const right = primary();
      if (value === undefined || right === undefined) return undefined;
      if (operator === "*") value *= right;
      else if (right === 0) return undefined;
      else if (operator === "/") value = Math.trunc(value / right);
      else value %= right;
    }
    return value;
  }

  function sum(): number | undefined {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const sign = tokens[at++] === "+" ? 1 : -1;
      const right = product();
      if (value === undefined || right === undefined) return undefined;
      value += sign * right;
    }
    return value;
  }

  const value = sum();
  return at === tokens.length ? value : undefined;
}
