/**
 * Writes 12 small slides and a network into a folder, for the tests of this folder.
 *
 * @module
 */
import { makeTiff } from "../helpers/make_tiff.ts";
import { noise } from "../helpers/noise.ts";
import { writeInputs } from "../kills/jobs.ts";

const [folder] = Deno.args;
if (await Deno.stat(`${folder}/twelve`).then(() => true, () => false)) {
  Deno.exit(0);
}
await writeInputs(folder);
await Deno.mkdir(`${folder}/twelve`);
for (let i = 1; i <= 12; i++) {
  const [width, height] = [200 + i * 31, 160 + i * 37];
  const pixels = noise(width, height);
  const tiff = await makeTiff([{ width, height, pixels }]);
  await Deno.writeFile(`${folder}/twelve/s${i}.tif`, tiff);
}
