import { isRemote } from "../slide/is_remote.ts";

/** A slide's path or URL for people to see: without the keys that a query, or what stands before the host, may hold. */
export function shownSource(source: string): string {
  return isRemote(source)
    ? source.replace(/[?#].*$/, "").replace(/\/\/[^/]*@/, "//")
    : source;
}
