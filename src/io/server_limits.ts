/** Limits of servers, for `limits.ts`. */
import { limit } from "./limit.ts";

export const MAX_SERVER_WAIT: number = limit(
  "MAX_SERVER_WAIT",
  60_000,
  "milliseconds that a server may ask to wait",
  "who waits longer should be told",
);
