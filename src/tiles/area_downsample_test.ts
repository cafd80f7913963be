import { noise } from "../../tests/helpers/noise.ts";
import { readSafetensors } from "../weights/read_safetensors.ts";
import { areaDownsample, resampleArea, tap } from "./area_downsample.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";

Deno.test("tap() shows each item before it passes it on", async () => {
  async function* numbers(): AsyncGenerator<number> {
    yield* [1, 2, 3];
  }
  const seen: string[] = [];
  const look = async (item: number): Promise<void> => {
    await Promise.resolve();
    seen.push(`looked at ${item}`);
  };
  for await (const item of tap(numbers(), look)) seen.push(`got ${item}`);
  const expected = [1, 2, 3].flatMap((
    item,
  ) => [`looked at ${item}`, `got ${item}`]);
  assertEquals(seen, expected);
});

Deno.test("resampleArea() equals areaDownsample() for whole factors, but for halves", () => {
  for (const factor of [1, 2, 3, 5]) {
    const side = 12, width = side * factor;
    const pixels = noise(width, width);
    const size = { width, height: width };
    const expected = areaDownsample(pixels, { ...size, factor });
    resampleArea(pixels, { ...size, x: 0, y: 0, factor, side }).forEach(
      (value, i) =>
        assertAlmostEquals(value, expected[i], 1, `${factor}, ${i}`),
    );
  }
});

/** The mean over a rectangle. */
function integrate(
  pixels: Uint8Array,
  width: number,
  [left, right, top, bottom]: readonly number[],
  channel: number,
): number {
  let sum = 0;
  for (let y = Math.floor(top); y < bottom; y++) {
    for (let x = Math.floor(left); x < right; x++) {
      sum += pixels[(y * width + x) * 3 + channel] *
        (Math.min(right, x + 1) - Math.max(left, x)) *
        (Math.min(bottom, y + 1) - Math.max(top, y));
    }
  }
  return sum / (right - left) / (bottom - top);
}

Deno.test("resampleArea() takes the mean of the area that each pixel covers", () => {
  const width = 41, height = 37;
  const pixels = noise(width, height);
  for (const factor of [0.95, 1, 1.002, 1.5, 2.004, 3.7]) {
    for (const [x, y] of [[0, 0], [0.5, 0.25], [1.9, 3.1]]) {
      const side = Math.floor((height - y) / factor);
      const made = resampleArea(pixels, { width, height, x, y, factor, side });
      for (let i = 0; i < made.length; i++) {
        const column = Math.floor(i / 3) % side, row = Math.floor(i / 3 / side);
        const area = [
          x + column * factor,
          x + (column + 1) * factor,
          y + row * factor,
          y + (row + 1) * factor,
        ];
        const mean = integrate(pixels, width, area, i % 3);
        assertAlmostEquals(made[i], mean, 0.51, `${factor} ${x} ${y} ${i}`);
      }
    }
  }
});

Deno.test("resampleArea() leaves one color as it is", () => {
  const pixels = new Uint8Array(30 * 30 * 3).fill(201);
  const options = {
    width: 30,
    height: 30,
    x: 0.3,
    y: 0.7,
    factor: 2.9,
    side: 10,
  };
  assertEquals(new Set(resampleArea(pixels, options)), new Set([201]));
});

Deno.test("resampleArea() does one channel as it does each of three", () => {
  const options = {
    ...{ width: 41, height: 37, x: 0.4, y: 1.3 },
    ...{ factor: 1.7, side: 20 },
  };
  const pixels = noise(41, 37);
  const three = resampleArea(pixels, options);
  for (let channel = 0; channel < 3; channel++) {
    const pick = (all: Uint8Array) => all.filter((_, i) => i % 3 === channel);
    const one = resampleArea(pick(pixels), { ...options, channels: 1 });
    assertEquals(one, pick(three));
  }
});

const golden = new URL("../../tests/golden/ops.safetensors", import.meta.url);

for (
  const [name, factor] of [["64x96_by2", 2], ["96x64_by4", 4], [
    "63x90_by3",
    3,
  ]] as const
) {
  Deno.test(`areaDownsample() equals OpenCV on ${name}`, async () => {
    const tensors = readSafetensors(await Deno.readFile(golden));
    const image = tensors.get(`resize_area/${name}/image`)!;
    const small = tensors.get(`resize_area/${name}/small`)!;
    const [height, width] = image.shape;
    assertEquals(
      areaDownsample(image.data, { width, height, factor }),
      new Uint8Array(small.data),
    );
  });
}

Deno.test("areaDownsample() rounds halves up by 2, and to even by other factors", () => {
  const by2 = (values: number[]) =>
    areaDownsample(Uint8Array.from(values), {
      width: 2,
      height: 2,
      factor: 2,
      channels: 1,
    })[0];
  assertEquals([by2([0, 0, 1, 1]), by2([1, 1, 2, 2]), by2([0, 0, 0, 1])], [
    1,
    2,
    0,
  ]);
  const by4 = (sum: number) => {
    const pixels = new Uint8Array(16);
    pixels[5] = sum;
    return areaDownsample(pixels, {
      width: 4,
      height: 4,
      factor: 4,
      channels: 1,
    })[0];
  };
  assertEquals([by4(8), by4(24), by4(40), by4(41)], [0, 2, 2, 3]);
});

Deno.test("areaDownsample() by 1 copies", () => {
  const pixels = noise(5, 7);
  assertEquals(
    areaDownsample(pixels, { width: 5, height: 7, factor: 1 }),
    pixels,
  );
});

Deno.test("areaDownsample() refuses sizes that do not fit", () => {
  const pixels = new Uint8Array(12);
  assertThrows(
    () => areaDownsample(pixels, { width: 2, height: 2, factor: 3 }),
    RangeError,
    "multiples of factor",
  );
  assertThrows(
    () => areaDownsample(pixels, { width: 2, height: 2, factor: 0 }),
    RangeError,
    "2×2 and 0",
  );
  assertThrows(
    () => areaDownsample(pixels, { width: 4, height: 2, factor: 2 }),
    RangeError,
    "24 bytes",
  );
});
