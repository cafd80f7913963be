/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The library in a web page: the same modules as in Deno, on a slide picked from the disk. Tiles are drawn as they
 * arrive.
 *
 *     deno task browser     # bundles it and serves it on this machine
 *
 * @module
 */
import {
  loadModel,
  openSlide,
  predictTiles,
  stitchBands,
  streamTiles,
  tap,
} from "../../mod.ts";
import { Overview, Polygonizer } from "../../src/masks/mod.ts";
import { planTiles } from "../../src/tiles/mod.ts";

const get = <T extends HTMLElement>(id: string) =>
  document.getElementById(id) as T;
const file = (id: string) => get<HTMLInputElement>(id).files![0];
const number = (id: string) => get<HTMLInputElement>(id).valueAsNumber;
const [form, text] = [get<HTMLFormElement>("form"), get("text")];
const progress = get<HTMLProgressElement>("progress");
let running: AbortController | undefined;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  running?.abort(new Error("Restarted")); // a second run replaces the first
  const { signal } = running = new AbortController();
  try {
    await run(signal);
  } catch (error) {
    if (!signal.aborted) text.textContent = (error as Error).message;
  }
});

async function run(signal: AbortSignal): Promise<void> {
  const start = performance.now();
  text.textContent = "Loading";
  await using slide = await openSlide(file("slide"), { signal });
  await using model = await loadModel("auto", [file("weights")], { signal });
  const { width, height } = slide;
  const tiling = {
    size: number("size"),
    expansion: number("expansion"),
    downsample: number("downsample"),
  };
  progress.max = planTiles(slide, tiling).count;
  progress.value = 0;
  progress.hidden = false;

  let objects = 0;
  const overview = new Overview({ width, height, maxSide: 1024 });
  const polygonizer = new Polygonizer({
    width,
    height,
    onPolygon: () => objects++,
  });
  const tiles = tap(
    streamTiles(slide, { ...tiling, signal }),
    (tile) => overview.addTile(tile),
  );
  const predictions = tap(predictTiles(tiles, model, { signal }), () => {
    progress.value++;
    text.textContent = `${progress.value} of ${progress.max} tiles`;
  });
  for await (
    const band of stitchBands(predictions, { width, height, signal })
  ) {
    polygonizer.write(band);
    overview.write(band);
    draw(overview);
  }
  await polygonizer.close();
  overview.close();
  draw(overview);
  const seconds = ((performance.now() - start) / 1000).toPrecision(3);
  text.textContent = `${objects} object${
    objects === 1 ? "" : "s"
  } in ${seconds} s on ${model.gpu.adapter}`;
}

/** Shows the slide with outlines of the objects. */
function draw(overview: Overview): void {
  const { width, height, data } = overview.render();
  const canvas = get<HTMLCanvasElement>("canvas");
  Object.assign(canvas, { width, height, hidden: false });
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data.set(data.subarray(i * 3, i * 3 + 3), i * 4);
    image.data[i * 4 + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
