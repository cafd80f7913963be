import type { Bytes } from "../reader.ts";

const root = new URL("../../golden/", import.meta.url);

/** The files of a folder of `tests/golden/` whose paths end so, in their order. */
export function goldens(folder: string, suffix: string): Promise<Bytes[]> {
  const names = [...Deno.readDirSync(new URL(`${folder}/`, root))]
    .map(({ name }) => name).filter((name) => `/${name}`.endsWith(suffix))
    .sort();
  return Promise.all(
    names.map((name) => Deno.readFile(new URL(`${folder}/${name}`, root))),
  );
}
