import { assert, assertEquals, assertThrows } from "@std/assert";
import { generateSlide, type GenerateSlideOptions } from "./generate_slide.ts";

interface Whole {
  readonly rgb: Uint8Array;
  readonly mask: Uint8Array;
}

function whole(options: GenerateSlideOptions): Whole {
  const { width, height } = options;
  const rgb = new Uint8Array(width * height * 3);
  const mask = new Uint8Array(width * height);
  let next = 0;
  for (const band of generateSlide(options).bands()) {
    assertEquals(band.y, next);
    assertEquals(band.rgb.length, width * band.height * 3);
    assertEquals(band.mask.length, width * band.height);
    rgb.set(band.rgb, band.y * width * 3);
    mask.set(band.mask, band.y * width);
    next += band.height;
  }
  assertEquals(next, height);
  return { rgb, mask };
}

const size = { width: 700, height: 500 };

Deno.test("generateSlide() gives the same slide for the same seed, whatever the band", () => {
  const one = whole({ seed: 5, ...size });
  for (const bandHeight of [37, 256, 1000]) {
    const other = whole({ seed: 5, ...size, bandHeight });
    assertEquals(one.rgb, other.rgb);
    assertEquals(one.mask, other.mask);
  }
});

Deno.test("generateSlide() gives another slide for another seed", () => {
  const one = whole({ seed: 5, ...size });
  const other = whole({ seed: 6, ...size });
  let different = 0;
  one.rgb.forEach((value, i) => different += value === other.rgb[i] ? 0 : 1);
  assert(different > one.rgb.length / 2, `${different} bytes differ`);
});

Deno.test("generateSlide() fills 2 to 12 % of the tissue with glomeruli, and leaves glass", () => {
  for (const seed of [1, 2, 40]) {
    const side = 1600;
    const { rgb, mask } = whole({ seed, width: side, height: side });
    let tissue = 0;
    let glomeruli = 0;
    let onGlass = 0;
    for (let i = 0; i < side * side; i++) {
      const most = Math.max(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
      const least = Math.min(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
      // The product's own rule for tissue: saturation above 40 of 255.
      if ((most - least) * 255 > 40 * most) tissue++;
      else onGlass += mask[i];
      glomeruli += mask[i];
    }
    const share = glomeruli / tissue;
    assert(
      share > 0.02 && share < 0.12,
      `seed ${seed}: ${share} of the tissue`,
    );
    const covered = tissue / (side * side);
    assert(covered > 0.35 && covered < 0.9, `seed ${seed}: ${covered} covered`);
    assert(onGlass < 0.5 * glomeruli, `seed ${seed}: ${onGlass} pale pixels`);
  }
});

Deno.test("generateSlide() cannot be solved by color: glomeruli and the rest share their mean", () => {
  const { rgb, mask } = whole({ seed: 1, width: 1600, height: 1600 });
  const sum = [0, 0];
  const count = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    const green = rgb[3 * i + 1];
    if (!mask[i] && green > 215) continue;
    sum[mask[i]] += green;
    count[mask[i]]++;
  }
  const apart = Math.abs(sum[0] / count[0] - sum[1] / count[1]);
  assert(apart < 30, `green differs by ${apart}`);
});

Deno.test("generateSlide() has a glomerulus on a slide that holds hardly more than one", () => {
  for (const side of [64, 300, 512]) {
    const { mask } = whole({ seed: 9, width: side, height: side });
    assert(mask.includes(1), `${side} pixels a side`);
  }
});

Deno.test("generateSlide() makes any band of a big slide without the rest", () => {
  const { value } = generateSlide({
    seed: 1,
    width: 30000,
    height: 20000,
    bandHeight: 8,
  })
    .bands().next();
  assertEquals(value?.rgb.length, 30000 * 8 * 3);
});

Deno.test("generateSlide() refuses sizes and seeds that are no integers", () => {
  for (const bad of [0, -1, 1.5, NaN]) {
    assertThrows(
      () => generateSlide({ seed: 1, width: bad, height: 10 }),
      RangeError,
      "width must be a positive integer",
    );
  }
  assertThrows(
    () => generateSlide({ seed: 0.5, width: 10, height: 10 }),
    RangeError,
    "seed must be an integer",
  );
});
