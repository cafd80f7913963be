import { readGolden } from "../../../tests/helpers/golden.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { UNKNOWN } from "../../labels/label_source.ts";
import { Random } from "../random.ts";
import type { Augmentation } from "./augmentation.ts";
import type { TilePixels } from "./augmentation.ts";
import { Augmenter } from "./augmenter.ts";
import { type Cutout, drawAugmentation } from "./draw_augmentation.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Gives bytes back as bytes. */
const normalization = {
  mean: [0, 0, 0],
  std: [1 / 255, 1 / 255, 1 / 255],
} as const;
const none: Augmentation = {
  flipHorizontal: false,
  flipVertical: false,
  quarterTurns: 0,
};
const golden = readGolden("augment");
const tile: TilePixels = {
  pixels: golden.bytes("image"),
  mask: golden.bytes("mask"),
};

interface Loaded {
  /** Four numbers a pixel. */
  readonly images: Float32Array[];
  readonly masks: Float32Array[];
}

/** Loads tiles as a training step would, and reads them back. */
async function load(
  tiles: readonly TilePixels[],
  augmentations: readonly Augmentation[] | undefined,
  { side = 64, cutout, precision = "f32" }: {
    side?: number;
    cutout?: Cutout;
    precision?: "f32" | "f16";
  } = {},
): Promise<Loaded> {
  using augmenter = await Augmenter.create(gpu, {
    side,
    normalization,
    precision,
  });
  const texel = precision === "f16" ? 8 : 16;
  const { STORAGE, COPY_SRC } = GPUBufferUsage;
  const range = (size: number) => {
    const buffer = gpu.buffer("test", size, STORAGE | COPY_SRC);
    return { buffer, offset: 0, size };
  };
  const images = range(tiles.length * side * side * texel);
  const masks = range(tiles.length * side * side * 4);
  try {
    augmenter.load(tiles, { images, masks, augmentations, cutout });
    const bytes = await gpu.read(images);
    const values = precision === "f16"
      ? Float32Array.from(new Float16Array(bytes))
      : new Float32Array(bytes);
    const labels = new Float32Array(await gpu.read(masks));
    const split = (all: Float32Array) => {
      const length = all.length / tiles.length;
      return tiles.map((_, i) => all.subarray(i * length, (i + 1) * length));
    };
    return { images: split(values), masks: split(labels) };
  } finally {
    gpu.free(images.buffer);
    gpu.free(masks.buffer);
  }
}

const rgbOf = (image: Float32Array) =>
  Float32Array.from(
    { length: image.length / 4 * 3 },
    // Normalization rounds off to within a hundred-thousandth.
    (_, i) => Math.round(image[Math.floor(i / 3) * 4 + i % 3] * 1e4) / 1e4,
  );

/** How far two pictures are apart: the mean, and the share of values that differ by more than a step. */
function compare(
  actual: Float32Array,
  expected: Uint8Array,
): { mean: number; far: number } {
  assertEquals(actual.length, expected.length);
  let sum = 0, far = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    sum += difference;
    if (!(difference < 1.5)) far++;
  }
  return { mean: sum / actual.length, far: far / actual.length };
}

const grid = (x: number[], y: number[]) => ({
  points: 6,
  offsets: Float32Array.from(
    { length: 72 },
    (_, i) =>
      i % 2 === 0 ? x[(i >> 1) % 6] / 5 : y[Math.floor((i >> 1) / 6)] / 5,
  ),
});

/** OpenCV places samples in 1/32 px and weighs them in 15 bits, so steep edges differ by some steps; its colors round once more. */
const cases: Record<
  string,
  { augmentation: Partial<Augmentation>; mean: number; far: number }
> = {
  flips: {
    augmentation: { flipHorizontal: true, flipVertical: true, quarterTurns: 1 },
    mean: 0,
    far: 0,
  },
  turn: {
    augmentation: { flipHorizontal: true, quarterTurns: 3 },
    mean: 0,
    far: 0,
  },
  affine: {
    augmentation: {
      affine: { shiftX: 0.06, shiftY: -0.04, scale: 0.83, degrees: 13 },
    },
    mean: 0.15,
    far: 0.02,
  },
  elastic: {
    augmentation: {
      distortion: {
        kind: "elastic",
        corners: [0.04, -0.03, -0.02, 0.045, 0.01, 0.03],
        grid: {
          points: 15,
          offsets: Float32Array.from(
            { length: 450 },
            (_, i) => (i * 37 % 19 - 9) / 300,
          ),
        },
      },
    },
    // OpenCV resamples twice here, which blurs once more.
    mean: 1.2,
    far: 0.12,
  },
  "optical-0.05": {
    augmentation: { distortion: { kind: "optical", k: -0.05 } },
    mean: 0.15,
    far: 0.02,
  },
  "optical0.05": {
    augmentation: { distortion: { kind: "optical", k: 0.05 } },
    mean: 0.15,
    far: 0.02,
  },
  grid: {
    augmentation: {
      distortion: {
        kind: "grid",
        grid: grid(
          [0, 0.2, -0.1, 0, 0.25, 0.15],
          [0, -0.25, -0.1, 0.2, 0, 0.1],
        ),
      },
    },
    mean: 0.15,
    far: 0.02,
  },
  piecewise: {
    augmentation: {
      distortion: {
        kind: "piecewise",
        grid: {
          points: 4,
          offsets: Float32Array.from(
            { length: 32 },
            (_, i) => (i * 23 % 13 - 6) / 120,
          ),
        },
      },
    },
    mean: 0.15,
    far: 0.02,
  },
  blur3: {
    augmentation: { distortion: { kind: "blur", taps: 3 } },
    mean: 0,
    far: 0,
  },
  blur5: {
    augmentation: { distortion: { kind: "blur", taps: 5 } },
    mean: 0,
    far: 0,
  },
  blur7: {
    augmentation: { distortion: { kind: "blur", taps: 7 } },
    mean: 0,
    far: 0,
  },
  // OpenCV 4.6 cuts off on the way back where this rounds.
  hsv: {
    augmentation: {
      color: { kind: "hsv", hue: -11.6, saturation: 21.3, value: 0 },
    },
    mean: 0.35,
    far: 0,
  },
  hsv_other: {
    augmentation: {
      color: { kind: "hsv", hue: 14.2, saturation: -24.9, value: 0 },
    },
    mean: 0.35,
    far: 0,
  },
  brighter: {
    augmentation: {
      color: { kind: "brightness", brightness: 0.21, contrast: -0.17 },
    },
    mean: 0,
    far: 0,
  },
  darker: {
    augmentation: {
      color: { kind: "brightness", brightness: -0.3, contrast: 0.3 },
    },
    mean: 0,
    far: 0,
  },
};

Deno.test("Augmenter matches OpenCV", async (t) => {
  const names = Object.keys(cases);
  const augmentations = names.map((name) => ({
    ...none,
    ...cases[name].augmentation,
  }));
  const { images, masks } = await load(names.map(() => tile), augmentations);
  for (const [i, name] of names.entries()) {
    await t.step(name, () => {
      const { mean, far } = compare(
        rgbOf(images[i]),
        golden.bytes(`${name}/image`),
      );
      assert(mean <= cases[name].mean, `mean difference ${mean}`);
      assert(far <= cases[name].far, `${far} differ by more than a step`);
      const moved = golden.names.includes(`${name}/mask`)
        ? golden.bytes(`${name}/mask`)
        : tile.mask;
      const different = moved.filter((label, k) => label !== masks[i][k]);
      // Where a sample lies between two pixels, either may be nearest; OpenCV takes the nearest twice for "elastic".
      assert(
        different.length <= (name === "elastic" ? 60 : 4),
        `${different.length} labels differ`,
      );
    });
  }
});

Deno.test("Augmenter equalizes as OpenCV's CLAHE does", async () => {
  const large = {
    pixels: golden.bytes("large"),
    mask: new Uint8Array(128 * 128),
  };
  const clips = [1.3, 2];
  const { images } = await load(
    clips.map(() => large),
    clips.map((clip) => ({ ...none, color: { kind: "clahe", clip } })),
    { side: 128 },
  );
  for (const [i, clip] of clips.entries()) {
    const expected = golden.bytes(`clahe${clip.toFixed(1)}/image`);
    const { mean, far } = compare(rgbOf(images[i]), expected);
    // From L*a*b* back, OpenCV goes in coarser whole numbers.
    assert(mean < 0.15 && far < 0.01, `clip ${clip}: ${mean}, ${far}`);
  }
});

Deno.test("Augmenter moves the mask with the image", async () => {
  const side = 96;
  const disc = Uint8Array.from(
    { length: side * side },
    (_, i) => Math.hypot(i % side - 40, Math.floor(i / side) - 52) < 27 ? 1 : 0,
  );
  const pixels = Uint8Array.from(
    { length: disc.length * 3 },
    (_, i) => disc[Math.floor(i / 3)] * 255,
  );
  const drawn: Augmentation[] = [];
  for (let i = 0; drawn.length < 24; i++) {
    const one = { ...drawAugmentation(new Random(5, i)), color: undefined };
    const kind = one.distortion?.kind;
    if (kind && kind !== "noise") drawn.push(one);
  }
  const { images, masks } = await load(
    drawn.map(() => ({ pixels, mask: disc })),
    drawn,
    { side },
  );
  drawn.forEach((one, k) => {
    const mask = masks[k];
    let wrong = 0, set = 0;
    for (let i = 0; i < mask.length; i++) {
      set += mask[i];
      const white = images[k][i * 4] / 255;
      if (Math.abs(white - mask[i]) <= 0.51) continue;
      // Only within a pixel or, blurred, three of the outline may they differ.
      const reach = one.distortion?.kind === "blur" ? 3 : 1;
      let near = false;
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const [x, y] = [i % side + dx, Math.floor(i / side) + dy];
          if (x < 0 || y < 0 || x >= side || y >= side) continue;
          if (mask[y * side + x] !== mask[i]) near = true;
        }
      }
      if (!near) wrong++;
    }
    assert(set > 500 && wrong === 0, `${JSON.stringify(one)}: ${wrong}`);
  });
});

Deno.test("Augmenter moves unknown pixels with the others", async () => {
  const side = 64;
  const mask = Uint8Array.from(
    { length: side * side },
    (_, i) => i % side > 20 ? 1 : 0,
  );
  const isKnown = mask.map((_, i) => i % 7 < 4 && i < 3000 ? 1 : 0);
  const partial = mask.map((value, i) => isKnown[i] ? value : UNKNOWN);
  const pixels = new Uint8Array(side * side * 3);
  const drawn = Array.from(
    { length: 12 },
    (_, i) => drawAugmentation(new Random(6, i)),
  );
  assert(drawn.some((one) => one.affine && one.quarterTurns > 0));
  const [whole, known, found] = (await load(
    [mask, isKnown, partial].flatMap((mask) =>
      drawn.map(() => ({ pixels, mask }))
    ),
    [...drawn, ...drawn, ...drawn],
    { side },
  )).masks.reduce<Float32Array[][]>((all, one, i) => {
    (all[Math.floor(i / drawn.length)] ??= []).push(one);
    return all;
  }, []);
  found.forEach((one, i) =>
    assertEquals(
      one,
      whole[i].map((value, k) => known[i][k] ? value : UNKNOWN),
    )
  );
});

Deno.test("Augmenter adds noise of the deviation asked for, the same for the same seed", async () => {
  const side = 64;
  const pixels = new Uint8Array(side * side * 3).fill(128);
  const noisy = (seed: number): Augmentation => ({
    ...none,
    distortion: { kind: "noise", deviation: 6, seed },
  });
  const gray = { pixels, mask: new Uint8Array(side * side) };
  const { images } = await load([gray, gray, gray], [
    noisy(1),
    noisy(1),
    noisy(2),
  ]);
  assertEquals(images[0], images[1]);
  const values = rgbOf(images[0]).map((value) => value - 128);
  const count = values.length;
  const mean = values.reduce((a, b) => a + b) / count;
  const deviation = Math.sqrt(values.reduce((a, b) => a + b * b) / count);
  // Five standard errors; rounding to bytes adds 1/12 to the variance.
  assert(Math.abs(mean) < 5 * 6 / Math.sqrt(count), `mean ${mean}`);
  assert(
    Math.abs(deviation - Math.sqrt(36 + 1 / 12)) < 5 * 6 / Math.sqrt(2 * count),
    `deviation ${deviation}`,
  );
  const other = rgbOf(images[2]);
  const same = values.filter((value, i) => value === other[i] - 128).length;
  assert(same / count < 0.1);
  // Channels and neighbors have nothing in common.
  for (const lag of [1, 3, 3 * side]) {
    let product = 0;
    for (let i = lag; i < count; i++) product += values[i] * values[i - lag];
    assert(Math.abs(product / count / 36) < 5 / Math.sqrt(count), `lag ${lag}`);
  }
});

Deno.test("Augmenter loads plain tiles unchanged, normalizes, cuts out, and stores f16", async () => {
  const cutout = { x: 8, y: 20, width: 32, height: 11 };
  for (const precision of ["f32", "f16"] as const) {
    const plain = await load([tile], undefined, { precision });
    // Bytes are whole in the 11 bits of f16, too.
    assertEquals(compare(rgbOf(plain.images[0]), tile.pixels), {
      mean: 0,
      far: 0,
    });
    assertEquals(Uint8Array.from(plain.masks[0]), new Uint8Array(tile.mask));
    const cut = await load([tile], undefined, { precision, cutout });
    cut.images[0].forEach((value, i) => {
      const [x, y] = [(i >> 2) % 64, Math.floor((i >> 2) / 64)];
      const inside = x >= 8 && x < 40 && y >= 20 && y < 31;
      assertEquals(value, inside ? 0 : plain.images[0][i]);
    });
    assertEquals(cut.masks[0], plain.masks[0]);
  }
});

Deno.test("Augmenter refuses tiles of another size, too little room, and work after its disposal", async () => {
  const make = (side: number) => Augmenter.create(gpu, { side, normalization });
  await assertRejects(() => make(40), RangeError, "multiple of 32");
  using augmenter = await make(96);
  const range = {
    buffer: undefined as unknown as GPUBuffer,
    offset: 0,
    size: 1,
  };
  assertThrows(
    () => augmenter.load([tile], { images: range, masks: range }),
    RangeError,
    "96×96 pixels, received 12288 bytes of pixels and 4096 of mask",
  );
  const right = {
    pixels: new Uint8Array(96 * 96 * 3),
    mask: new Uint8Array(96 * 96),
  };
  assertThrows(
    () => augmenter.load([right], { images: range, masks: range }),
    RangeError,
    "too small for them",
  );
  augmenter[Symbol.dispose]();
  assertThrows(
    () => augmenter.load([right], { images: range, masks: range }),
    Error,
    "Cannot augment tiles: the augmenter was disposed",
  );
});
