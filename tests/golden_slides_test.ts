import { Gpu } from "../src/gpu/gpu.ts";
import { decodeRle } from "../src/masks/rle/decode_rle.ts";
import { stitchBands } from "../src/masks/stitch/stitch_bands.ts";
import { unext101, unext50 } from "../src/models/architecture.ts";
import { hubmapNormalization } from "../src/predict/load_model.ts";
import { GpuBackend } from "../src/predict/gpu_backend.ts";
import { Model } from "../src/predict/model.ts";
import {
  predictTiles,
  type TilePrediction,
} from "../src/predict/predict_tiles.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { keepTissue } from "../src/tiles/keep_tissue.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { readGolden, readGoldenJson } from "./helpers/golden.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { assert, assertEquals, assertLess } from "@std/assert";

const picture = new URL(
  "../../shared/golden/slides/tissue_700x900.tif",
  import.meta.url,
);
const missing = !await exists(picture);

interface Run {
  readonly size: readonly [height: number, width: number];
  readonly kept: readonly (readonly [y: number, x: number])[];
  readonly rle: string;
  readonly options: {
    readonly archs: string;
    readonly tile: number;
    readonly expansion: number;
    readonly reduce: number;
    readonly tta: boolean;
    readonly fill: number;
    readonly threshold: number;
    readonly seeds: string;
    readonly bias: string;
  };
}

// A hundred runs of large networks take a minute: of the ensemble, some tiles.
const runs = { plain: Infinity, unext50: Infinity, ensemble_tta: 2 };

for (const [name, most] of Object.entries(runs)) {
  Deno.test({
    name: `predictTiles() equals PyTorch on a slide: ${name} (needs ../shared)`,
    ignore: missing,
    async fn() {
      const file = `slides/tissue_700x900_${name}`;
      const run = readGoldenJson<Run>(file);
      const { options, size: [height, width] } = run;
      const seeds = options.seeds.split(",");
      const biases = options.bias.split(",").map(Number);
      await using model = new Model(
        new GpuBackend({
          gpu: await Gpu.request(),
          ownsGpu: true,
          precision: "f32",
        }),
        { normalization: hubmapNormalization },
      );
      for (const [i, arch] of options.archs.split(",").entries()) {
        const architecture = arch === "unext50" ? unext50 : unext101;
        const weights = syntheticStateDict(architecture, {
          seed: seeds[i],
          bias: biases[i],
        });
        await model.add(
          arch,
          architecture,
          (key) => toFloat32(weights.get(key)!),
        );
      }
      await using slide = await openSlide(picture);
      const tiles = keepTissue(streamTiles(slide, {
        size: options.tile,
        expansion: options.expansion,
        downsample: options.reduce,
        fill: options.fill === 255 ? "white" : "black",
      }));
      const kept: [number, number][] = [];
      const seen = new Uint8Array(width * height);
      const probability = new Float32Array(width * height);
      async function* predictions() {
        const { tta: flips, threshold } = options;
        for await (
          const prediction of predictTiles(take(tiles, most), model, {
            flips,
            threshold,
            probability: true,
          })
        ) {
          kept.push([prediction.tile.y, prediction.tile.x]);
          place(prediction, { probability, seen, width, height });
          yield prediction;
        }
      }
      const mask = new Uint8Array(width * height);
      for await (const band of stitchBands(predictions(), { width, height })) {
        mask.set(band.mask, band.y * width);
      }

      const expectedTiles = run.kept.slice(0, most)
        .map(([y, x]): [number, number] => [y, x]);
      assertEquals(kept, expectedTiles);
      const isSeen = (i: number) => seen[i] === 1 || most === Infinity;
      const golden = readGolden(file);
      const expected = golden.values("probability_u16");
      const [rows, columns] = golden.shape("probability_u16");
      let difference = 0, compared = 0;
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const i = y * 4 * width + x * 4;
          if (!isSeen(i)) continue;
          compared++;
          difference += Math.abs(probability[i] - expected[y * columns + x]);
        }
      }
      difference /= compared;
      assertLess(difference, 1e-3);
      const reference = decodeRle(run.rle, { width, height });
      let both = 0, sum = 0;
      for (let i = 0; i < mask.length; i++) {
        if (!isSeen(i)) continue;
        both += mask[i] & reference[i];
        sum += mask[i] + reference[i];
      }
      const dice = 2 * both / sum;
      console.log(
        `${name}: mean |Δp| ${difference.toExponential(2)}, Dice ${
          dice.toFixed(6)
        }`,
      );
      assert(dice >= 0.9995, `Dice ${dice}`);
    },
  });
}

/** Puts a tile's probabilities where they lie on the slide; bands round them to bytes. */
function place(
  prediction: TilePrediction,
  map: {
    probability: Float32Array;
    seen: Uint8Array;
    width: number;
    height: number;
  },
): void {
  const { tile: { x, y, size, downsample } } = prediction;
  const side = size * downsample;
  prediction.probability!.forEach((value, i) => {
    const column = x + i % side, row = y + Math.floor(i / side);
    if (
      column >= 0 && column < map.width && row >= 0 && row < map.height
    ) {
      map.probability[row * map.width + column] = value;
      map.seen[row * map.width + column] = 1;
    }
  });
}

/** The first tiles. */
async function* take<T>(tiles: AsyncIterable<T>, most: number) {
  let count = 0;
  for await (const tile of tiles) {
    yield tile;
    if (++count >= most) return;
  }
}

async function exists(path: URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
