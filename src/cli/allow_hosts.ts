import { isRemote } from "../slide/is_remote.ts";

/**
 * Asks for permission to read from the hosts of slides on servers, and from no others: at the start, so that nobody has to
 * wait for a question in the middle of a batch. Where nobody can be asked, opening such a slide says what is missing.
 */
export async function allowHosts(slides: readonly string[]): Promise<void> {
  const hosts = slides
    .filter((slide) => isRemote(slide) && URL.canParse(slide))
    .map((slide) => new URL(slide).host);
  for (const host of new Set(hosts)) {
    await Deno.permissions.request({ name: "net", host });
  }
}
