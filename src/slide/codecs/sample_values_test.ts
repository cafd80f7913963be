import { assert, assertEquals } from "@std/assert";
import { packValues, pickSample, unpackValues } from "./sample_values.ts";

function kept(
  array: ArrayBufferView<ArrayBuffer>,
  format: { bits: number; float?: boolean; signed?: boolean; width: number },
): number[] {
  const bytes = new Uint8Array(array.buffer);
  const packed = packValues(bytes, { float: false, height: 1, ...format });
  assertEquals(packed.length, format.width * 3);
  return [...unpackValues(packed)];
}

Deno.test("packValues() keeps integers of up to 16 bits, signed or not, as they are", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  assertEquals(kept(all, { bits: 16, width: 65536 }), [...all]);
  const signed = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
  assertEquals(kept(signed, { bits: 16, signed: true, width: 65536 }), [
    ...signed,
  ]);
  assertEquals(kept(Uint8Array.of(0, 7, 255), { bits: 8, width: 3 }), [
    ...[0, 7, 255],
  ]);
  assertEquals(
    kept(Int8Array.of(-128, 0, 127), { bits: 8, signed: true, width: 3 }),
    [-128, 0, 127],
  );
  // Of 12 bits: 0x123, 0xfff.
  assertEquals(
    kept(Uint8Array.of(0x12, 0x3f, 0xff), { bits: 12, width: 2 }),
    [0x123, 0xfff],
  );
});

Deno.test("packValues() keeps wider samples to 1 in 65,536, and NaN as 0", () => {
  const floats = Float32Array.of(0.1, -3.7e-8, 1e30, NaN, 65535.5, 0);
  const wide = Uint32Array.of(4294967295, 123456789, 0);
  const doubles = Float64Array.of(Math.PI, -1e-5);
  const halves = Uint16Array.of(0x3c00, 0xc000); // 1, -2
  for (
    const [found, expected] of [
      [kept(floats, { bits: 32, float: true, width: 6 }), floats],
      [kept(wide, { bits: 32, width: 3 }), wide],
      [kept(doubles, { bits: 64, float: true, width: 2 }), doubles],
      [kept(halves, { bits: 16, float: true, width: 2 }), [1, -2]],
      [
        kept(Int32Array.of(-2147483648, 99), {
          ...{ bits: 32, signed: true, width: 2 },
        }),
        [-2147483648, 99],
      ],
    ] as const
  ) {
    [...expected].forEach((value, i) => {
      const is = Number.isNaN(value) ? 0 : value;
      assert(Math.abs(found[i] - is) <= Math.abs(is) / 65536, `${found[i]}`);
    });
  }
});

Deno.test("pickSample() takes one of each pixel's", () => {
  const packed = packValues(Uint8Array.of(1, 2, 3, 4, 5, 6), {
    ...{ bits: 8, float: false, width: 6, height: 1 },
  });
  const second = pickSample(packed, { sample: 1, samples: 3 });
  assertEquals([...unpackValues(second)], [2, 5]);
});
