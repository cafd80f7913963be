/** The names of the options that a command line holds, whatever they say. */
export function givenOptions(args: readonly string[]): ReadonlySet<string> {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return new Set(
    options.flatMap((one) => /^--([^=]+)/.exec(one)?.slice(1, 2) ?? []),
  );
}
