import { isFileUrl, isRemote } from "../slide/is_remote.ts";

/**
 * Asks for permission to read slides: local ones, and from the hosts of those on servers; at the start, so that nobody has
 * to wait for a question in the middle of a batch. Where nobody can be asked, opening such a slide says what is missing.
 */
export async function allowSources(slides: readonly string[]): Promise<void> {
  for (const slide of new Set(slides.map(permissionOf))) {
    await Deno.permissions.request(JSON.parse(slide));
  }
}

/** As text, so that equal ones are asked for once. */
function permissionOf(slide: string): string {
  const isUrl = isRemote(slide) && URL.canParse(slide);
  return JSON.stringify(
    isUrl ? { name: "net", host: new URL(slide).host } : {
      name: "read",
      path: isFileUrl(slide) ? new URL(slide).pathname : slide,
    },
  );
}
