import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  bandsOf,
  type Mask,
  randomMask,
} from "../../../tests/helpers/masks.ts";
import type { MaskPolygon } from "./outline.ts";
import { Polygonizer } from "./polygonizer.ts";

async function polygonsOf(
  mask: Mask,
  heights?: number[],
): Promise<MaskPolygon[]> {
  const polygons: MaskPolygon[] = [];
  const polygonizer = new Polygonizer({
    ...mask,
    onPolygon: (polygon) => polygons.push(polygon),
  });
  for (const band of bandsOf(mask, heights)) polygonizer.write(band);
  await polygonizer.close();
  return polygons;
}

/** Fills polygons by the even-odd rule: a pixel is inside where an odd number of vertical sides lies left of it. */
function fill(polygons: MaskPolygon[], { width, height }: Mask): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const { rings } of polygons) {
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const next = (i + 2) % ring.length;
        if (ring[i] !== ring[next]) continue;
        const [top, bottom] = [ring[i + 1], ring[next + 1]].sort((a, b) =>
          a - b
        );
        for (let y = top; y < bottom; y++) {
          for (let x = ring[i]; x < width; x++) mask[y * width + x] ^= 1;
        }
      }
    }
  }
  return mask;
}

/** Areas of the 4-connected objects, by flood fill. */
function floodAreas({ mask, width, height }: Mask): number[] {
  const seen = mask.slice();
  const areas: number[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (!seen[start]) continue;
    let area = 0;
    seen[start] = 0;
    for (const stack = [start]; stack.length > 0; area++) {
      const at = stack.pop()!;
      const x = at % width, y = Math.floor(at / width);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        const to = (y + dy) * width + x + dx;
        if (
          x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height ||
          !seen[to]
        ) continue;
        seen[to] = 0;
        stack.push(to);
      }
    }
    areas.push(area);
  }
  return areas.sort((a, b) => a - b);
}

function signedArea(ring: Int32Array): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    twice += ring[i] * ring[next + 1] - ring[next] * ring[i + 1];
  }
  return twice / 2;
}

function assertSound(polygons: MaskPolygon[], mask: Mask): void {
  assertEquals(fill(polygons, mask), mask.mask);
  assertEquals(
    polygons.map(({ area }) => area).sort((a, b) => a - b),
    floodAreas(mask),
  );
  for (const { rings, area } of polygons) {
    assert(signedArea(rings[0]) > 0, "the outer ring runs anticlockwise");
    assert(
      rings.slice(1).every((ring) => signedArea(ring) < 0),
      "holes run clockwise",
    );
    assertEquals(rings.reduce((sum, ring) => sum + signedArea(ring), 0), area);
    for (const ring of rings) {
      const corners = new Set<string>();
      for (let i = 0; i < ring.length; i += 2) {
        corners.add(`${ring[i]} ${ring[i + 1]}`);
        const [dx, dy] = [0, 1].map((k) =>
          ring[(i + 2 + k) % ring.length] - ring[i + k]
        );
        const [ex, ey] = [0, 1].map((k) =>
          ring[(i + 4 + k) % ring.length] - ring[(i + 2 + k) % ring.length]
        );
        assert((dx === 0) !== (dy === 0), "sides follow pixel edges");
        assert(
          (dx === 0) !== (ex === 0) && (dy === 0) !== (ey === 0),
          "each corner turns",
        );
      }
      assertEquals(corners.size, ring.length / 2, "no ring touches itself");
    }
  }
}

function drawn(...rows: string[]): Mask {
  const mask = Uint8Array.from(rows.join(""), (pixel) => pixel === "#" ? 1 : 0);
  return { mask, width: rows[0].length, height: rows.length };
}

Deno.test("Polygonizer traces random masks alike at any band height", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const width = 1 + seed * 7 % 23, height = 1 + seed * 5 % 19;
    const mask = randomMask(width, height, {
      seed,
      density: (seed % 9 + 1) / 10,
    });
    const whole = await polygonsOf(mask);
    assertSound(whole, mask);
    assertEquals(await polygonsOf(mask, [1]), whole);
    assertEquals(await polygonsOf(mask, [3, 1, 5]), whole);
  }
});

Deno.test("Polygonizer traces smooth shapes over wide rows", async () => {
  const width = 300, height = 120;
  const mask = new Uint8Array(width * height);
  for (let i = 0; i < mask.length; i++) {
    const x = i % width, y = Math.floor(i / width);
    mask[i] =
      Math.sin(x / 9) * Math.cos(y / 7) + Math.sin((x + 2 * y) / 23) > 0.2
        ? 1
        : 0;
  }
  assertSound(await polygonsOf({ mask, width, height }, [16]), {
    mask,
    width,
    height,
  });
});

Deno.test("Polygonizer gives one pixel one square", async () => {
  assertEquals(await polygonsOf(drawn("#")), [
    {
      rings: [new Int32Array([0, 1, 0, 0, 1, 0, 1, 1])],
      area: 1,
      perimeter: 4,
    },
  ]);
  assertEquals(await polygonsOf(drawn(".")), []);
});

Deno.test("Polygonizer takes an all-ones mask as one rectangle", async () => {
  const mask = { mask: new Uint8Array(50 * 40).fill(1), width: 50, height: 40 };
  const [polygon, ...others] = await polygonsOf(mask, [7]);
  assertEquals(others, []);
  assertEquals(polygon.rings[0].length, 8);
  assertEquals([polygon.area, polygon.perimeter], [2000, 180]);
});

Deno.test("Polygonizer keeps pixels that touch by corners apart", async () => {
  const mask = new Uint8Array(16 * 16);
  for (let i = 0; i < mask.length; i++) mask[i] = (i + (i >> 4)) & 1;
  const polygons = await polygonsOf({ mask, width: 16, height: 16 });
  assertEquals(polygons.length, 128);
  assert(polygons.every(({ rings, area }) => area === 1 && rings.length === 1));
});

Deno.test("Polygonizer gives holes to the right polygons", async () => {
  const mask = drawn(
    "#########",
    "#.......#",
    "#.#####.#",
    "#.#.#.#.#",
    "#.#####.#",
    "#.......#",
    "#########",
  );
  const polygons = await polygonsOf(mask, [2]);
  assertSound(polygons, mask);
  assertEquals(polygons.map(({ rings, area }) => [area, rings.length - 1]), [[
    13,
    2,
  ], [28, 1]]);
});

Deno.test("Polygonizer cuts an outline that touches itself", async () => {
  const mask = drawn(
    "##.##",
    "#.#.#",
    "#####",
  );
  const polygons = await polygonsOf(mask);
  assertSound(polygons, mask);
  const hole = drawn(
    "####",
    "#.##",
    "##.#",
    "####",
  );
  const [{ rings }] = await polygonsOf(hole);
  assertSound([{ rings, area: 14, perimeter: 0 }], hole);
  assertEquals(rings.length, 3);
});

Deno.test("Polygonizer gives each object the mean of its probabilities", async () => {
  const mask = randomMask(60, 50, { seed: 4, density: 0.6 });
  const values = mask.mask.map((_, i) => i * 37 & 255);
  const trace = async (heights: number[], known: boolean) => {
    const polygons: MaskPolygon[] = [];
    const onPolygon = (polygon: MaskPolygon) => void polygons.push(polygon);
    const polygonizer = new Polygonizer({ ...mask, onPolygon });
    for (const band of bandsOf(mask, heights)) {
      const from = band.y * band.width;
      const probability8 = values.slice(from, from + band.mask.length);
      polygonizer.write(known ? { ...band, probability8 } : band);
    }
    await polygonizer.close();
    return polygons;
  };
  const polygons = await trace([50], true);
  assertEquals(await trace([7, 1], true), polygons);
  for (const polygon of polygons) {
    let sum = 0, area = 0;
    fill([polygon], mask).forEach((inside, i) => {
      if (!inside) return;
      sum += values[i];
      area++;
    });
    assertAlmostEquals(polygon.probability!, sum / area / 255, 1e-12);
  }
  assert((await trace([9], false)).every((one) => !("probability" in one)));
});

Deno.test("Polygonizer refuses bands out of order and missing rows", async () => {
  const polygonizer = new Polygonizer({
    width: 2,
    height: 2,
    onPolygon: () => {},
  });
  const band = { y: 0, width: 2, height: 1, mask: new Uint8Array(2) };
  assertThrows(
    () => polygonizer.write({ ...band, y: 1 }),
    RangeError,
    "row 0 of width 2 comes next",
  );
  assertThrows(() => polygonizer.write({ ...band, width: 1 }), RangeError);
  polygonizer.write(band);
  await assertRejects(
    () => polygonizer.close(),
    RangeError,
    "2 rows are needed, received 1",
  );
});
