import { isRemote } from "../slide/is_remote.ts";

/** What a slide is called, and its results after it: its file, without folders and ending. */
export function slideName(source: string): string {
  const isUrl = isRemote(source) || /^file:/i.test(source);
  const path = isUrl && URL.canParse(source)
    ? decode(new URL(source).pathname)
    : source;
  return path.split(/[\\/]/).at(-1)!.replace(/(?<=.)\.[^.]*$/, "");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}
