import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BGR24,
  GRAY16,
  GRAY8,
  LOSSY,
} from "../../../tests/helpers/jpeg_xr_streams.ts";
import { smoothPicture } from "../../../tests/helpers/make_ndpi.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { type BlockJob, JPEG_XR_BLOCK } from "./block_job.ts";
import { decodeJpegXr, JPEG_XR, readJpegXrHeader } from "./jpeg_xr.ts";

const job = (
  samples = 3,
  bits = 8,
  size = { width: 7, height: 5 },
): BlockJob => ({
  ...{ ...size, maxHeight: size.height, parts: [] },
  format: {
    ...{ compression: JPEG_XR_BLOCK, predictor: 1, bits, float: false },
    ...{ photometric: samples === 3 ? 2 : 1, samples, colors: samples },
    ...{ alpha: "none", littleEndian: true, reversedBits: false },
    subsampling: [1, 1],
  },
});

Deno.test("decodeJpegXr() reads gray and BGR, which becomes RGB", async () => {
  const gray = noise(7, 5, 1);
  assertEquals(await decodeJpegXr(BGR24, job()), noise(7, 5));
  assertEquals(await decodeJpegXr(GRAY8, job(1)), gray);
  assertEquals(await decodeJpegXr(GRAY16, job(1, 16)), gray);
  const { format, ...of } = job(1, 16);
  const ranged = { ...of, format: { ...format, range: [0, 65535] as const } };
  const scaled = await decodeJpegXr(GRAY16, ranged);
  assert(scaled.every((value, i) => Math.abs(value - gray[i]) <= 1));
});

Deno.test("decodeJpegXr() reads lossy data, with less chroma", async () => {
  const size = { width: 24, height: 20 };
  const found = await decodeJpegXr(LOSSY, job(3, 8, size));
  const original = smoothPicture(size);
  const most = Math.max(
    ...found.map((value, i) => Math.abs(value - original[i])),
  );
  assert(most > 0 && most < 16, `${most}`);
});

Deno.test("decodeJpegXr() refuses what its page does not say, before it decodes", async () => {
  for (
    const other of [
      ...[job(1), job(3, 16)],
      job(3, 8, { width: 8, height: 5 }),
      job(3, 8, { width: 7, height: 4 }),
    ]
  ) {
    const says = "its JPEG XR data are 7×5 px of 24-bit BGR, but the page says";
    await assertRejects(() => decodeJpegXr(BGR24, other), SyntaxError, says);
    assertThrows(() => JPEG_XR.checkHead?.(BGR24, other), SyntaxError, says);
  }
  assertEquals(JPEG_XR.checkHead?.(BGR24, job()), true);
  assertEquals(JPEG_XR.checkHead?.(BGR24.subarray(0, 100), job()), false);
  // RGB; a codestream of 16 bits a sample in a file of 8.
  const [guid, stream] = [8 + 15, 0x86];
  for (const [at, value] of [[guid, 13], [stream + 11, 0x72]]) {
    await assertRejects(
      () => decodeJpegXr(BGR24.with(at, value), job()),
      SyntaxError,
      "its JPEG XR data are 7×5 px of",
    );
  }
});

Deno.test("decodeJpegXr() says that damaged data are damaged, and goes on", async () => {
  const size = BGR24.length;
  const bad = [
    ...[new Uint8Array(0), new Uint8Array(300), BGR24.slice(0, 60)],
    ...[BGR24.slice(0, size / 2), BGR24.slice(0, 170)],
    ...[BGR24.with(9, 0), BGR24.with(0x86, 0), BGR24.with(0x86 + 9, 0x4d)],
  ];
  for (const [i, data] of bad.entries()) {
    await assertRejects(
      () => decodeJpegXr(data, job()),
      SyntaxError,
      "its JPEG XR data are damaged",
      `${i}`,
    );
    assertEquals(await decodeJpegXr(BGR24, job()), noise(7, 5));
  }
  assertThrows(() => readJpegXrHeader(new Uint8Array(8)), SyntaxError);
});
