import { UsageError } from "./usage_error.ts";

/** Refuses an option that there is none of, and leaves other arguments alone: what `parseArgs` asks of each that it does not know. */
export function refuseUnknown(argument: string, key?: string): void {
  if (key !== undefined) throw new UsageError(`There is no option ${argument}`);
}
