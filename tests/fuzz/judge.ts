/** What engines say of their own accord, which tells a user nothing. */
const RAW = [
  /\bNaN\b|(?<!received )\bundefined\b(?! entity)/,
  /\bundefined is not|\bis not (a function|iterable|a constructor)\b/,
  /Cannot (read|set) propert|\(reading '|of (undefined|null)\b/,
  /Cannot (destructure|convert|mix|access|assign to|add property|delete|redefine)\b/,
  /Invalid (array|typed array|string|count|code point|time|BigInt|DataView)\b/i,
  /Maximum call stack|too much recursion|[Aa]llocation failed|out of memory/,
  /out of bounds|outside the bounds|source array|memory access|unreachable/i,
  /must be less than|start offset|should be a multiple|byte length of/i,
  /\[object \w+\]/,
];

/** What says that more was tried than to read. */
const FORBIDDEN = /Requires (write|net|run|env|sys|ffi) access/;

/** The longest message that a person would read. */
const LONGEST = 600;

/**
 * What is wrong with the error that a reader threw; `undefined` if it is a sentence about what could not be done.
 */
export function judge(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `threw no error: ${show(error)}`;
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if (FORBIDDEN.test(one.message)) {
      return `tried more than to read: ${show(one.message)}`;
    }
  }
  const { message, name } = error;
  const said = `${name}: ${show(message)}`;
  if (RAW.some((words) => words.test(message))) {
    return `the engine's words: ${said}`;
  }
  if (!message.startsWith("Cannot ")) return `no sentence: ${said}`;
  // deno-lint-ignore no-control-regex -- they would reach the terminal
  if (/[\x00-\x1f\x7f-\x9f]/.test(message)) {
    return `control characters: ${said}`;
  }
  if (message.length > LONGEST) {
    return `${message.length} characters: ${said}`;
  }
}

function show(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 300));
}
