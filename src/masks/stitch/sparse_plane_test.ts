import { assertEquals } from "@std/assert";
import { SparsePlane } from "./sparse_plane.ts";

Deno.test("SparsePlane gives back what was put on it, at any offset", () => {
  const width = 700, height = 530;
  for (const [offset, seed] of [[0, 3], [1, 5], [2, 7], [3, 11]]) {
    const plane = new SparsePlane(width);
    for (let round = 0; round < 2; round++) { // Blocks of the first are used again.
      plane.clear();
      const expected = new Uint8Array(width * height);
      const [x, y] = [seed * 17, seed * 9];
      const part = { width: 400 + seed, height: 300, stride: 450 };
      const buffer = new Uint8Array(offset + 450 * 320);
      const values = buffer.subarray(offset);
      for (let i = 0; i < 40; i++) {
        values[(i * 7919 * seed + round * 131) % values.length] = i + 1;
      }
      const from = { x: 5, y: 7 };
      plane.paste(values, { ...part, from, to: { x, y } });
      for (let row = 0; row < part.height; row++) {
        for (let column = 0; column < part.width; column++) {
          expected[(y + row) * width + x + column] =
            values[(row + from.y) * part.stride + column + from.x];
        }
      }
      const rows = new Uint8Array(width * 100).fill(9);
      for (let top = 0; top < height; top += 100) {
        const count = Math.min(100, height - top) * width;
        plane.read(top, rows.subarray(0, count));
        assertEquals(
          rows.subarray(0, count),
          expected.subarray(top * width, top * width + count),
        );
      }
    }
  }
});
