import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { noise } from "../../../tests/helpers/noise.ts";
import { type BlockJob, JPEG_LS_BLOCK } from "./block_job.ts";
import { decodeJpegLs, JPEG_LS, readJpegLsHeader } from "./jpeg_ls.ts";

/** noise(6, 4) in each interleave, as CharLS 2.4 wrote it. */
const STREAMS = [
  "/9j/9wARCAAEAAYDAREAAhEAAxEA/9oACAEBAAAAAAACAAAA84+u9QKcAAAFrB2AAACxAAAA8wSAAAAxWgAAAHZyAAAArYAAAP4JQAAAP2LN0Whk8v/aAAgBAgAAAAAMAAAC+mS+uv4AAFAAABsQ4AABHIAOAwNo1MQAAANAAAADvLrZXAAAAa/5AAIg/9oACAEDAAAAAABQAAAXIAAgALi+RgBAAAAasA4AAANWDwAAALsAAdAAAB/GGAAAKAAADZE0zUh/T2b/2Q==",
  "/9j/9wARCAAEAAYDAREAAhEAAxEA/9oADAMBAAIAAwAAAQAAAgAAAPOPrvUCneQCmndv9EQAAAXK8WbbRQAAALWDsAAAFiAAAB5gkAAABikk6BwAACemkAQAAAGrxqpeGdELF4AAAFbAAAB/BOHA2upeAAABoAAAAd4AA6/WmAAAKAAADZD417wqObqutlYOHyLqNVdJ/09m/9k=",
  "/9j/9wARCAAEAAYDAREAAhEAAxEA/9oADAMBAAIAAwAAAgAAAvyQAAAPO+AAAAuQ/qS0es+t09ut9S/aKAAABaysAQHIAAANiAAADVgAAAsQdCNIAABFYE3kvAAAAxWkZ0Q4AAHRYNr7vOxnAAABW2CAAAAB/AAAAaAAAonAAAA7wAAANkPi8R7X01O+WtIpHJ/uj3z+ousw/9k=",
];
/** noise(6, 4, 1), off by at most 3. */
const NEAR =
  "/9j/9wALCAAEAAYBAREA/9oACAEBAAMAAAAAIAAZTGpAAGACCAAwPADAIAAMYAMIAAZAKF4ADP/Z";

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const job = (samples = 3, photometric = 2): BlockJob => ({
  ...{ width: 6, height: 4, maxHeight: 4, parts: [] },
  format: {
    ...{ compression: JPEG_LS_BLOCK, predictor: 1, photometric, bits: 8 },
    ...{ float: false, samples, colors: samples, alpha: "none" },
    ...{ littleEndian: true, reversedBits: false, subsampling: [1, 1] },
  },
});

Deno.test("decodeJpegLs() reads all interleaves", async () => {
  for (const [interleave, text] of STREAMS.entries()) {
    const data = bytesOf(text);
    assertEquals(readJpegLsHeader(data)?.interleave, interleave);
    assertEquals(await decodeJpegLs(data, job()), noise(6, 4));
    assertEquals(JPEG_LS.isLossy?.(data), false);
  }
});

Deno.test("decodeJpegLs() reads near-lossless streams, and knows them", async () => {
  const data = bytesOf(NEAR);
  const found = await decodeJpegLs(data, job(1, 1));
  const original = noise(6, 4, 1);
  const most = Math.max(
    ...found.map((value, i) => Math.abs(value - original[i])),
  );
  assertEquals([most, JPEG_LS.isLossy?.(data)], [3, true]);
});

Deno.test("decodeJpegLs() converts YCbCr", async () => {
  const [y, cb, cr] = noise(6, 4);
  const [red] = await decodeJpegLs(bytesOf(STREAMS[0]), job(3, 6));
  const expected = Math.round(y + 1.402 * (cr - 128));
  assertEquals(red, Math.min(255, Math.max(0, expected)), `${cb}`);
});

Deno.test("decodeJpegLs() refuses what its page does not say, before it decodes", async () => {
  const data = bytesOf(STREAMS[0]);
  for (
    const other of [
      job(1, 1),
      { ...job(), width: 7 },
      { ...job(), height: 5, maxHeight: 5 },
      { ...job(), height: 2, maxHeight: 3 },
    ]
  ) {
    await assertRejects(() => decodeJpegLs(data, other), SyntaxError, "6×4×3");
    assertThrows(() => JPEG_LS.checkHead?.(data, other), SyntaxError, "6×4×3");
  }
  assertEquals(JPEG_LS.checkHead?.(data, job()), true);
  assertEquals(JPEG_LS.checkHead?.(data.subarray(0, 20), job()), false);
  const deep = data.slice();
  deep[6] = 12;
  await assertRejects(() => decodeJpegLs(deep, job()), SyntaxError, "12 bits");
});

Deno.test("decodeJpegLs() says that damaged data are damaged, and goes on", async () => {
  const data = bytesOf(STREAMS[0]);
  const jpeg = data.slice();
  jpeg[3] = 0xc0;
  // CharLS would read on forever after some of these.
  const cuts = [60, 80, 100, 120, 140].map((length) => data.slice(0, length));
  for (const bad of [new Uint8Array(9), jpeg, ...cuts, data.slice(0, 12)]) {
    await assertRejects(
      () => decodeJpegLs(bad, job()),
      SyntaxError,
      "its JPEG-LS data are damaged",
    );
  }
  assertEquals(await decodeJpegLs(data, job()), noise(6, 4));
});
