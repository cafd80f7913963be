import { assertThrows } from "@std/assert";
import type { BlockJob } from "./block_job.ts";
import { checkJpeg2000Size, type Jpeg2000Size } from "./jpeg2000.ts";

function check(
  samples: number,
  bits: number,
  more: Partial<Jpeg2000Size> = {},
): void {
  const size = { width: 8, height: 8, components: samples, bits, tiles: 1 };
  checkJpeg2000Size(
    { ...size, subsampled: false, ...more } as Jpeg2000Size,
    { width: 8, height: 8, maxHeight: 8, format: { samples } } as BlockJob,
  );
}

Deno.test("checkJpeg2000Size() takes 1 sample of up to 16 bits, or 3 of 8", () => {
  for (const [samples, bits] of [[1, 1], [1, 16], [3, 8]]) check(samples, bits);
  for (const [samples, bits] of [[1, 17], [3, 9], [2, 8], [4, 8], [2, 16]]) {
    assertThrows(
      () => check(samples, bits),
      TypeError,
      `received ${samples} of ${bits}`,
    );
  }
});

Deno.test("checkJpeg2000Size() refuses data of another size than the page's, or in more than 1024 tiles", () => {
  check(3, 8, { tiles: 1024 });
  for (const more of [{ components: 1 }, { width: 9 }, { tiles: 1025 }]) {
    assertThrows(() => check(3, 8, more), SyntaxError, "but the page says");
  }
});
