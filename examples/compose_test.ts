import { assert, assertEquals } from "@std/assert";
import { loadModel } from "../src/predict/load_model.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { makeTiff } from "../tests/helpers/make_tiff.ts";
import { noise } from "../tests/helpers/noise.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../tests/helpers/tiny_unext.ts";
import { shares } from "./compose.ts";

const [width, height] = [256, 128];
const pixels = noise(width, height, 3);
// The right half is lighter.
for (let i = 0; i < pixels.length; i++) {
  if (Math.floor(i / 3) % width >= 128) pixels[i] = 160 + pixels[i] / 4;
}
const file = new Blob([await makeTiff([{ width, height, pixels }])]);
const tiles = { size: 64, expansion: 32, downsample: 1 };

Deno.test("shares() asks the model about the tiles that its stages leave, with the same answers", async () => {
  await using model = await loadModel(tinyUnext, [
    syntheticStateDict(tinyUnext, { bias: 1 }),
  ]);
  await using slide = await openSlide(file);
  const all = await Array.fromAsync(
    shares(slide, model, { tiles, limit: 256 }),
  );
  assertEquals(all.length, 8);
  assert(all.some(({ share }) => share > 0 && share < 1));
  const left = all.filter(({ x }) => x < 128);
  const dark = await Array.fromAsync(
    shares(slide, model, { tiles, limit: 180 }),
  );
  assertEquals(dark, left);
  const region = { x: 70, y: 70, width: 10, height: 10 };
  const one = await Array.fromAsync(
    shares(slide, model, { tiles, region, limit: 256 }),
  );
  assertEquals(one, all.filter(({ x, y }) => x === 64 && y === 64));
});
