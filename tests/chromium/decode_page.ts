// What the page of decode_test.ts runs: it decodes a file that it is given, here and on threads.
import { DecodePool } from "../../src/slide/decode_pool.ts";
import { openSlide } from "../../src/slide/open_slide.ts";

/** Pixels of a whole picture. */
async function read(url: string): Promise<number[]> {
  const file = await (await fetch(url)).blob();
  await using slide = await openSlide(file, { name: url });
  const { width, height } = slide;
  return [...await slide.readRegion({ x: 0, y: 0, width, height })];
}

/** Decodes blocks until threads have started, for 5 s at most; returns how many there are, and a pixel. */
async function decodeMany(): Promise<{ threads: number; pixel: number[] }> {
  using user = DecodePool.join(2);
  const side = 1024;
  const pixels = new Uint8Array(side * side * 3).fill(77);
  const stream = new Blob([pixels]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const part = new Uint8Array(await new Response(stream).arrayBuffer());
  let pixel: number[] = [];
  for (
    const end = performance.now() + 5000;
    performance.now() < end && user.pool.threads < 2;
  ) {
    const rgb = await user.pool.decode({
      format: {
        compression: 8,
        predictor: 1,
        photometric: 2,
        bits: 8,
        float: false,
        samples: 3,
        colors: 3,
        alpha: "none",
        littleEndian: true,
        reversedBits: false,
        subsampling: [1, 1],
      },
      parts: [part.slice()],
      width: side,
      height: side,
      maxHeight: side,
    });
    pixel = [...rgb.subarray(-3)];
    await new Promise((resume) => setTimeout(resume, 10));
  }
  return { threads: user.pool.threads, pixel };
}

Object.assign(globalThis, { decoding: { read, decodeMany } });
