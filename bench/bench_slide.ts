import { writeSyntheticSlide } from "../examples/synthetic_slide.ts";
import { OverlaySink } from "../src/masks/pictures/overlay_sink.ts";
import { Overview } from "../src/masks/pictures/overview.ts";
import { ObjectSink } from "../src/masks/polygons/object_sink.ts";
import { RleSink } from "../src/masks/rle/rle_sink.ts";
import { stitchBands } from "../src/masks/stitch/stitch_bands.ts";
import { TiffSink } from "../src/masks/tiff/tiff_sink.ts";
import { writeBands } from "../src/masks/write_mask.ts";
import { loadModel } from "../src/predict/load_model.ts";
import type { GpuBackend } from "../src/predict/gpu_backend.ts";
import type { Model } from "../src/predict/model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { tap } from "../src/tiles/area_downsample.ts";
import { keepTissue } from "../src/tiles/keep_tissue.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../tests/helpers/tiny_unext.ts";
import type { BenchOptions } from "./bench_options.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

const NETWORKS = 4;
const FLIPS = 4;

/**
 * Times a whole slide, from file to files, compared with its networks alone: four tiny UNeXts with flips, so that reading,
 * decoding, stitching and writing have little to hide behind. Tiles are 1024 pixels with an expansion of 256, at a
 * downsample of 2.
 */
export async function* benchSlide(
  options: BenchOptions,
): AsyncGenerator<BenchRow> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-bench-" });
  try {
    const size = options.slideSize ?? (options.short ? 512 : 8192);
    const tiling = options.short
      ? { size: 128, expansion: 64, downsample: 2 }
      : { size: 1024, expansion: 256, downsample: 2 };
    const path = `${folder}/slide.tif`;
    await writeSyntheticSlide(path, { seed: 1, size });
    for (const precision of options.precisions) {
      await using model = await loadModel(
        tinyUnext,
        Array.from(
          { length: NETWORKS },
          (_, i) => syntheticStateDict(tinyUnext, { seed: String(i) }),
        ),
        { precision },
      );
      const whole: number[] = [];
      const alone: number[] = [];
      for (let run = 0; run <= options.runs; run++) {
        const start = performance.now();
        const tiles = await segment(path, model, { folder, tiling });
        const ms = performance.now() - start;
        const networks = await networksAlone(model, { tiling, tiles });
        if (run === 0) continue; // includes compilation
        whole.push(ms);
        alone.push(networks);
      }
      const ms = median(whole);
      const peerMs = median(alone);
      yield {
        suite: "slide",
        name: `tiny ×${NETWORKS} with flips`,
        size,
        precision,
        ms,
        gflops: 0,
        peer: "networks alone",
        peerMs,
        peerPrecision: precision,
        ratio: peerMs / ms,
        layer: `${(ms / peerMs).toFixed(2)} times the networks alone`,
      };
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Tiling {
  readonly size: number;
  readonly expansion: number;
  readonly downsample: number;
}

/** Segments a slide as `infer` does. Returns the number of tiles with tissue. */
export async function segment(
  path: string,
  model: Model,
  { folder, tiling, flips = true }: {
    readonly folder: string;
    readonly tiling: Tiling;
    readonly flips?: boolean;
  },
): Promise<number> {
  await using slide = await openSlide(path);
  const { width, height, mpp, name } = slide;
  const size = { width, height };
  const overview = new Overview(size);
  let count = 0;
  const tiles = tap(
    streamTiles(slide, { ...tiling, reuse: true }),
    (tile) => overview.addTile(tile),
  );
  const predictions = tap(
    predictTiles(keepTissue(tiles), model, {
      flips,
      probability8: true,
      reuse: true,
    }),
    () => void count++,
  );
  await writeBands(stitchBands(predictions, size), [
    new RleSink(`${folder}/out.rle.csv`, { id: name, ...size }),
    new TiffSink(`${folder}/out.mask.tif`, { ...size, mpp, name }),
    new OverlaySink(`${folder}/out.overlay.png`, { overview }),
    new ObjectSink({ geojson: `${folder}/out.geojson` }, { ...size, mpp }),
  ]);
  return count;
}

/** Milliseconds of the networks' kernels for a number of tiles, one after another without a pause. */
async function networksAlone(
  model: Model,
  { tiling, tiles }: { readonly tiling: Tiling; readonly tiles: number },
): Promise<number> {
  const { gpu } = model;
  const backend = model.backend as GpuBackend;
  using compiled = await backend.compile(tiling.size + tiling.expansion);
  const submit = () => {
    for (const executable of compiled.executables) {
      const encoder = gpu.encoder("bench");
      for (let flip = 0; flip < FLIPS; flip++) executable.record(encoder);
      gpu.submit(encoder);
    }
  };
  const settle = () => gpu.guard(gpu.device.queue.onSubmittedWorkDone());
  submit();
  await settle();
  const start = performance.now();
  for (let tile = 0; tile < tiles; tile++) submit();
  await settle();
  return performance.now() - start;
}
