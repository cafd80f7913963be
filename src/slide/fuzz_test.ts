import { assert, assertEquals, assertLess } from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openSlide } from "./open_slide.ts";

const golden = new URL("../../tests/golden/", import.meta.url);
/** Damaged copies of each file. */
const COPIES = 40;

/** Seeded integers below a limit (xorshift). */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Cuts a file short, overwrites bytes, or both. */
function damage(
  file: Uint8Array,
  roll: (limit: number) => number,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(file);
  const kind = roll(3);
  for (let flips = kind === 0 ? 0 : 1 + roll(8); flips > 0; flips--) {
    copy[roll(copy.length)] = roll(2) ? roll(256) : [0, 1, 127, 255][roll(4)];
  }
  return kind === 1 ? copy : copy.subarray(0, 1 + roll(copy.length));
}

async function jpeg2000(): Promise<Uint8Array> {
  const block = await Deno.readFile(new URL("tiff/rgb.j2k", golden));
  return await makeTiff([{
    width: 24,
    height: 20,
    pixels: new Uint8Array(),
    blocks: [block],
    tags: { 259: 33005 },
  }]);
}

const files: [name: string, read: () => Promise<Uint8Array>][] = [
  ["rgb.j2k in a TIFF", jpeg2000],
];
for (const folder of ["tiff/", "pictures/"]) {
  for (const { name } of Deno.readDirSync(new URL(folder, golden))) {
    if (name.endsWith(".j2k")) continue;
    files.push([name, () => Deno.readFile(new URL(folder + name, golden))]);
  }
}

for (const [index, [name, read]] of files.entries()) {
  Deno.test(`openSlide() reads or refuses ${name} however it is damaged`, async () => {
    const file = await read();
    const roll = dice(index + 1);
    const printed: unknown[] = [];
    const { warn, error, log } = console;
    console.warn = console.error = console.log = (...args) =>
      void printed.push(args);
    const before = Deno.memoryUsage().rss;
    try {
      for (let copy = 0; copy < COPIES; copy++) {
        await readOrRefuse(damage(file, roll), copy);
      }
    } finally {
      Object.assign(console, { warn, error, log });
    }
    assertEquals(printed, []);
    assertLess(Deno.memoryUsage().rss - before, 2 ** 30);
  });
}

async function readOrRefuse(
  file: Uint8Array<ArrayBuffer>,
  copy: number,
): Promise<void> {
  const start = performance.now();
  try {
    await using slide = await openSlide(new Blob([file]), { threads: 0 });
    const [width, height] = [slide.width, slide.height]
      .map((side) => Math.min(side, 64));
    await slide.readRegion({ x: 0, y: 0, width, height });
  } catch (error) {
    assert(error instanceof Error, `copy ${copy}`);
    assert(/^Cannot [^\n]{1,300}$/.test(error.message), error.message);
  }
  assertLess(performance.now() - start, 10_000, `copy ${copy}`);
}

Deno.test("openSlide() reads or refuses hostile descriptions within a second each", async () => {
  const length = 300_000;
  const fill = (text: string) => text.repeat(Math.ceil(length / text.length));
  const texts = [
    "Aperio" + fill("|MPP = "),
    "Aperio" + fill(" "),
    "Aperio" + fill("=|"),
    fill("ImageJ=\n"),
    fill("ImageJ=1\nunit="),
    '{"shape": [' + fill("1,") + "1]}",
    fill("["),
    "<OME>" + fill("<Pixels "),
    "<OME>" + fill("<Image>"),
    "<OME>" + fill("<TiffData "),
    "<OME>" + fill("&amp;") + "</OME>",
    "<OME " + fill("a"),
    fill("<OME:"),
    `<OME><Image><Pixels SizeX="${fill("9")}"/></Image></OME>`,
    fill("<PerkinElmer-QPI-ImageDescription>"),
    `<scn xmlns="http://www.leica-microsystems.com/scn/"` + fill(" "),
  ];
  const page = { width: 4, height: 3, pixels: new Uint8Array(36) };
  for (const text of texts) {
    for (const software of ["", "Philips DPUfsImport", "PerkinElmer-QPI"]) {
      const file = await makeTiff([{
        ...page,
        tags: { 270: text, 305: software },
      }]);
      const start = performance.now();
      await openSlide(new Blob([file])).then(
        (slide) => slide[Symbol.asyncDispose](),
        (error) => assert(/^Cannot open slide .{1,300}$/.test(error.message)),
      );
      const shown = text.slice(0, 20);
      assertLess(performance.now() - start, 1000, shown);
    }
  }
});
