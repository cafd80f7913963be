/**
 * The threshold of the run that wrote a slide's results, as `NAME.json` beside them tells; `undefined` where nothing does.
 *
 * @param path The results' folder, or one of its files.
 */
export async function runThreshold(
  path: string,
  name: string,
): Promise<number | undefined> {
  try {
    const folder = (await Deno.stat(path)).isDirectory
      ? path
      : path.replace(/[^/\\]*$/, "") || ".";
    const text = await Deno.readTextFile(`${folder}/${name}.json`);
    const threshold = JSON.parse(text)?.settings?.threshold;
    return typeof threshold === "number" ? threshold : undefined;
  } catch {
    return undefined; // It says so where it matters.
  }
}
