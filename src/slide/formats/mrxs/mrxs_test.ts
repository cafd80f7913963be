import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  filesOf,
  makeMrxs,
  MRXS_ID,
  mrxsImage,
  type MrxsSpec,
} from "../../../../tests/helpers/make_mrxs.ts";
import * as limits from "../../../io/limits.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";
import type { Slide } from "../../slide.ts";

const PLACES = [[0, 1], [19, 0], [2, 19], [22, 17]] as const;
const jpeg = await Deno.readFile(
  new URL("../../../../tests/golden/pictures/ycbcr.jpg", import.meta.url),
);

async function open(spec: MrxsSpec = {}): Promise<Slide> {
  return await openSlide(filesOf(await makeMrxs(spec)), { threads: 0 });
}

async function readLevel(slide: Slide, level = 0): Promise<Uint8Array> {
  const { width, height } = slide.levels[level];
  return await slide.readRegion({ x: 0, y: 0, width, height }, { level });
}

/** Paints a level pixel by pixel: what is painted later covers, so the last photo shows. */
function expected(
  spec: MrxsSpec & { readonly places: MrxsSpec["places"] & object },
  { level, width, height }: {
    readonly level: number;
    readonly width: number;
    readonly height: number;
  },
): Uint8Array {
  const {
    photos: [across, down] = [2, 2],
    divisions = 2,
    image: [w, h] = [12, 10],
    missing = [],
    fill = [255, 255, 255],
    places,
  } = spec;
  const canvas = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => fill[i % 3],
  );
  const concat = 2 ** level;
  const columns = Math.ceil(across * divisions / concat);
  // In images of the finest level: one of this level, or a photo.
  const step = Math.min(concat, divisions);
  for (let j = 0; j < down * divisions; j += step) {
    for (let i = 0; i < across * divisions; i += step) {
      const photo = Math.floor(j / divisions) * across +
        Math.floor(i / divisions);
      if (missing.includes(photo)) continue;
      const [px, py] = places[photo];
      const cell = Math.floor(j / concat) * columns + Math.floor(i / concat);
      const pixels = mrxsImage(spec, { level, cell });
      const [sx, sy] = [i % concat * w / concat, j % concat * h / concat];
      const [ex, ey] = [sx + w * step / concat, sy + h * step / concat];
      const dx = (px + i % divisions * w) / concat - sx;
      const dy = (py + j % divisions * h) / concat - sy;
      for (let y = Math.floor(sy); y < ey; y++) {
        for (let x = Math.floor(sx); x < ex; x++) {
          const tx = x + Math.round(Math.floor(sx) + dx) - Math.floor(sx);
          const ty = y + Math.round(Math.floor(sy) + dy) - Math.floor(sy);
          if (tx < 0 || ty < 0 || tx >= width || ty >= height) continue;
          const from = (y * w + x) * 3;
          canvas.set(pixels.subarray(from, from + 3), (ty * width + tx) * 3);
        }
      }
    }
  }
  return canvas;
}

Deno.test("openSlide() places the photos of an MRXS where its position buffer says, at all levels", async () => {
  for (
    const spec of [
      { places: PLACES, levels: 4 },
      { places: PLACES, deflated: true, kind: "PNG", missing: [1] },
      // Beyond the canvas, negative, and inactive at 0, 0.
      {
        places: [[-3, -2], [25, -1], [0, 0], [20, 22]],
        missing: [2],
        fill: [10, 20, 200],
      },
      {
        photos: [3, 1],
        divisions: 4,
        image: [7, 5],
        levels: 5,
        overlap: [9, 0],
        places: [[1, 0], [20, 0], [37, 0]],
      },
      { divisions: 1, levels: 3, places: [[0, 0], [9, 1], [1, 8], [8, 9]] },
    ] as const
  ) {
    await using slide = await open(spec);
    assertEquals(slide.levels.length, "levels" in spec ? spec.levels : 2);
    for (
      const [level, { width, height, downsample }] of slide.levels.entries()
    ) {
      assertEquals(downsample, 2 ** level);
      assertEquals(
        await readLevel(slide, level),
        expected(spec, { level, width, height }),
      );
      // Parts of it are the same.
      const part = { x: 1, y: 2, width: width - 2, height: 1 };
      const row = await slide.readRegion(part, { level });
      const whole = expected(spec, { level, width, height });
      const from = (2 * width + 1) * 3;
      if (height > 2) {
        assertEquals(row, whole.slice(from, from + row.length));
      }
    }
  }
});

Deno.test("Rows of an MRXS that are read alone are those of the whole", async () => {
  await using slide = await open({ places: PLACES });
  for (const [level, { width, height }] of slide.levels.entries()) {
    const whole = await readLevel(slide, level);
    for (let y = 0; y < height; y++) {
      const row = await slide.readRegion({ x: 0, y, width, height: 1 }, {
        level,
      });
      const at = y * width * 3;
      assertEquals(row, whole.slice(at, at + width * 3), `${level}, ${y}`);
    }
  }
});

Deno.test("openSlide() lays the photos of an MRXS without positions at the overlap that it says", async () => {
  const spec: MrxsSpec = { levels: 3 };
  await using slide = await open(spec);
  assertEquals([slide.width, slide.height], [44, 38]);
  const places = [[0, 0], [20, 0], [0, 18], [20, 18]] as const;
  for (const [level, size] of slide.levels.entries()) {
    assertEquals(
      await readLevel(slide, level),
      expected({ ...spec, places }, { level, ...size }),
    );
  }
});

Deno.test("openSlide() reads scale, objective, bounds and properties of an MRXS", async () => {
  await using slide = await open({ places: PLACES, missing: [1, 2, 3] });
  assertEquals(slide.format, "3DHISTECH MRXS");
  assertEquals(slide.mpp, { x: 0.25, y: 0.5 });
  assertEquals(slide.objectivePower, 20);
  assertEquals(slide.bounds, { x: 0, y: 1, width: 24, height: 20 });
  assertEquals(slide.properties?.["mirax.GENERAL.SLIDE_ID"], MRXS_ID);
  assertEquals(slide.properties?.["mirax.LEVEL_0.OVERLAP_X"], "4");
  assert(!Object.keys(slide.properties!).includes("mirax.GENERAL."));
  assertEquals(slide.warnings, []);
  await using whole = await open({
    places: PLACES.map(([x, y]) => [x % 19, y % 17]),
  });
  assertEquals(whole.bounds?.width, 27);
});

Deno.test("openSlide() reads JPEG images of an MRXS, and its label, macro and thumbnail as pages", async () => {
  await using picture = await openSlide(new Blob([jpeg]), { threads: 0 });
  const { width, height } = picture;
  const files = filesOf(
    await makeMrxs({
      photos: [1, 1],
      divisions: 1,
      levels: 1,
      overlap: [0, 0],
      image: [width, height],
      picture: { bytes: jpeg, kind: "JPEG" },
      beside: jpeg,
    }),
  );
  const inspected = await inspectSlide(files);
  assertEquals(
    inspected.associated.map(({ name, page }) => [name, page]),
    [["label", "page 1"], ["macro", "page 2"], ["thumbnail", "page 3"]],
  );
  assertEquals(inspected.ignored, []);
  for (const page of [undefined, 0, 2]) {
    await using slide = await openSlide(files, { page, threads: 0 });
    assertEquals(await readLevel(slide), await readLevel(picture));
  }
  await assertRejects(
    () => openSlide(files, { page: 4 }),
    RangeError,
    "it has pages 0 to 3",
  );
});

Deno.test("openSlide() leaves out pictures beside an MRXS that it cannot read, and says why", async () => {
  const { associated, ignored } = await inspectSlide(
    filesOf(
      await makeMrxs({
        beside: jpeg,
        ini: (text) =>
          text.replace("BARCODE_IMAGE_TYPE = JPEG", "BARCODE_IMAGE_TYPE = GIF"),
      }),
    ),
  );
  assertEquals(associated.map(({ name }) => name), ["macro", "thumbnail"]);
  assertMatch(ignored[0].why, /must be JPEG, received "GIF"/);
  const none = await inspectSlide(filesOf(await makeMrxs()));
  assertEquals(
    none.ignored.map(({ why }) => why),
    Array(3).fill("it has no data"),
  );
});

Deno.test("openSlide() takes a level of an MRXS as a page", async () => {
  const files = filesOf(await makeMrxs({ places: PLACES }));
  await using slide = await openSlide(files, { threads: 0 });
  await using page = await openSlide(files, { page: 1, threads: 0 });
  assertEquals(page.levels, [{ ...slide.levels[1], downsample: 1 }]);
  assertEquals(page.mpp, { x: 0.5, y: 1 });
  assertEquals(await readLevel(page), await readLevel(slide, 1));
});

Deno.test("openSlide() refuses an MRXS without its parts, or with parts of another slide, by name", async () => {
  const files = await makeMrxs({ places: PLACES });
  for (const path of [...files.keys()].slice(1)) {
    const others = filesOf(files).filter(({ name }) => name !== path);
    const error = await assertRejects(() => openSlide(others), TypeError);
    assertStringIncludes(error.message, `its part "${path}" is missing`);
  }
  await assertRejects(
    () => openSlide(new File(["x"], "a.mrxs")),
    TypeError,
    "pass openSlide() all files of the slide in an array",
  );
  const other = MRXS_ID.replaceAll("0", "F");
  const cases: [MrxsSpec, string][] = [
    [{ otherId: other }, `its part "Data0001.dat" belongs to another slide`],
    [
      { ini: (text) => text.replace(MRXS_ID, other) },
      'its index "Index.dat" belongs to another slide',
    ],
  ];
  for (const [spec, says] of cases) {
    const error = await assertRejects(() => open(spec), SyntaxError);
    assertStringIncludes(error.message.replace("a/", ""), says);
  }
  const cut = new Map(files);
  cut.set("a/Data0001.dat", files.get("a/Data0001.dat")!.slice(0, -200));
  await assertRejects(
    () => openSlide(filesOf(cut)),
    SyntaxError,
    'its part "Data0001.dat" is cut short',
  );
});

const set = (key: string, value: string | number): MrxsSpec => ({
  ini: (text) => {
    const line = new RegExp(`^${key} = .*$`, "m");
    assertMatch(text, line);
    return text.replace(line, `${key} = ${value}`);
  },
});
const ATTRIBUTES = "\r\n[LEVEL_0]\r\n";

Deno.test("openSlide() refuses kinds of MRXS that it does not read, by name", async () => {
  const cases: [MrxsSpec, RegExp][] = [
    [set("IMAGE_FORMAT", "JPEGXR"), /of JPEG XR images \(level 0\).*export it/],
    [set("IMAGE_FORMAT", "BMP8"), /of "BMP8" images/],
    [
      {
        ini: (text) =>
          text.replace(
            "[GEN",
            "[GENERAL]\nSLIDE_TYPE=SLIDE_TYPE_FLUORESCENCE\n[GEN",
          ),
      },
      /of fluorescence.*not supported/,
    ],
    [
      set(
        "HIER_COUNT",
        "2\r\nHIER_1_NAME = Slide filter level\r\nHIER_1_COUNT = 3",
      ),
      /with 3 channels/,
    ],
    [set("HIER_0_NAME", "Focus"), /first layer is "Focus"/],
    [
      { divisions: 3, levels: 2 },
      /join parts of photos/,
    ],
  ];
  for (const [spec, says] of cases.slice(0, 5)) {
    assertMatch(
      (await assertRejects(() => open(spec), TypeError)).message,
      says,
    );
  }
  // Such levels are left out; the finest is whole.
  const { ignored, levels } = await inspectSlide(
    filesOf(await makeMrxs(cases[5][0])),
  );
  assertEquals(levels.length, 1);
  assertMatch(ignored[0].why, cases[5][1]);
});

Deno.test("openSlide() warns of what it leaves out of an MRXS", async () => {
  await using planes = await open(
    set("HIER_COUNT", "2\r\nHIER_1_NAME = Focus level\r\nHIER_1_COUNT = 3"),
  );
  assertMatch(planes.warnings![0], /layer "Focus level" has 3 values/);
  await using far = await open({
    places: [[0, 0], [20, 0], [0, 18], [5000, 18]],
  });
  assertMatch(far.warnings![0], /1 of its photos lie outside of the slide's/);
  await using twice = await open({
    index: (integers) => integers.copyWithin(12, 8, 9),
  });
  assertMatch(twice.warnings![0], /lists 1 images more than once/);
});

Deno.test("openSlide() refuses values of Slidedat.ini that cannot be", async () => {
  const cases: [MrxsSpec, RegExp][] = [
    [set("IMAGENUMBER_X", 0), /IMAGENUMBER_X = 0 .*from 1 to/],
    [set("IMAGENUMBER_X", "many"), /IMAGENUMBER_X = many/],
    [set("DIGITIZER_WIDTH", 1.5), /DIGITIZER_WIDTH = 1.5/],
    [set("OVERLAP_X", 24), /photos of 24 px overlap by 24 px/],
    [set("OVERLAP_Y", -1), /overlap by -1 px/],
    [set("HIER_0_COUNT", 3), /no HIER_0_VAL_2_SECTION/],
    [set("IMAGE_CONCAT_FACTOR", -1), /IMAGE_CONCAT_FACTOR = -1/],
    [set("FILE_COUNT", 1), /names bytes \d+ and \d+ more of file 1/],
    [set("INDEXFILE", "../Index.dat"), /must lie in the slide's folder/],
    [set("DIGITIZER_WIDTH", 13), /have 12×10 px, and Slidedat.ini says 13×10/],
    [
      { ini: (text) => text.replace(ATTRIBUTES, "\r\n[X]\r\n") },
      /no IMAGE_CONCAT_FACTOR in \[LEVEL_0\]/,
    ],
  ];
  for (const [spec, says] of cases) {
    const error = await assertRejects(() => open(spec));
    assert(error instanceof Error);
    assertMatch(error.message, says);
  }
});

Deno.test("openSlide() refuses an index of MRXS that is damaged", async () => {
  const pages = (at: number, value: number): MrxsSpec => ({
    places: PLACES,
    index: (integers) => integers[at] = value,
  });
  // 0 and 1: tables; 2, 3: levels; 4: an empty page; 6: a page's count, the next, then items of 4.
  const cases: [MrxsSpec, RegExp][] = [
    [pages(0, 1e9), /index is cut short/],
    [pages(2, -5), /index is cut short/],
    [pages(6, 1e6), /run in a circle, or overlap/],
    [pages(6, -1), /run in a circle, or overlap/],
    [pages(7, 37 + 6 * 4), /run in a circle, or overlap/],
    [pages(8, 99), /has image 99 in level 0, where there is none/],
    [pages(8, -1), /has image -1/],
    [pages(9, -1), /names bytes -1/],
    [pages(11, 2), /of file 2, of files 0 to 1/],
    [pages(6, 0), /lists no image/],
    [
      {
        ...pages(1, 0),
        places: undefined,
        levels: 1,
        index: (all) => void all.splice(3),
      },
      /index is cut short/,
    ],
    [
      { places: PLACES.slice(1) },
      /position buffer has 27 bytes, and 2×2 photos take 36/,
    ],
    [
      { places: [...PLACES, [0, 0]], deflated: true },
      /position buffer has 37 bytes/,
    ],
    [
      { places: PLACES.map(() => [9000, 0]) },
      /places of all its photos lie outside/,
    ],
  ];
  for (const [spec, says] of cases) {
    const error = await assertRejects(() => open(spec), SyntaxError);
    assertMatch(error.message, says);
  }
});

Deno.test("openSlide() compares the images of an MRXS with its levels when they are read", async () => {
  const files = await makeMrxs({ levels: 1, divisions: 1 });
  const data = files.get("a/Data0000.dat")!;
  data[data.length - 414 + 18] = 99; // the last image's width
  await using slide = await openSlide(filesOf(files), { threads: 0 });
  await assertRejects(() => readLevel(slide), SyntaxError, "are 99×10");
});

Deno.test("openSlide() finds the parts of an MRXS beside it, in a folder and on a server", async () => {
  const files = await makeMrxs({ places: PLACES });
  await using whole = await openSlide(filesOf(files), { threads: 0 });
  const pixels = await readLevel(whole);
  const folder = await Deno.makeTempDir();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const file = files.get(new URL(request.url).pathname.slice(1));
      if (!file) return new Response(null, { status: 404 });
      const [, from, to] = request.headers.get("Range")!
        .match(/^bytes=(\d+)-(\d+)$/)!;
      const end = Math.min(Number(to) + 1, file.length);
      const range = `bytes ${from}-${end - 1}/${file.length}`;
      return file.length === 0
        ? new Response(null, {
          status: 416,
          headers: { "Content-Range": "bytes */0" },
        })
        : new Response(file.subarray(Number(from), end), {
          status: 206,
          headers: { "Content-Range": range, ETag: '"a"' },
        });
    },
  );
  try {
    await Deno.mkdir(`${folder}/a`);
    files.set("a.mrxs", jpeg); // a preview
    for (const [path, bytes] of files) {
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    const url = `http://127.0.0.1:${server.addr.port}/a.mrxs`;
    for (const source of [`${folder}/a.mrxs`, url]) {
      await using slide = await openSlide(source, { threads: 0 });
      assertEquals(slide.name, "a");
      assertEquals(await readLevel(slide), pixels);
    }
    await assertRejects(
      () => openSlide(`${folder}/a`),
      TypeError,
      "open the .mrxs file of its name beside it",
    );
    files.delete("a/Data0001.dat");
    await Deno.remove(`${folder}/a/Data0001.dat`);
    for (const source of [`${folder}/a.mrxs`, url]) {
      await assertRejects(
        () => openSlide(source),
        TypeError,
        'its part "a/Data0001.dat" is missing',
      );
    }
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSlide() refuses an MRXS beyond MAX_MRXS_IMAGES, MAX_MRXS_FILES, MAX_SLIDEDAT_BYTES, MAX_MRXS_INDEX and MAX_PHOTOS_IN_PLACE, not at them", async () => {
  const refused = async (spec: MrxsSpec): Promise<string> => {
    try {
      await using _ = await open(spec);
      return "";
    } catch (error) {
      return String(error);
    }
  };
  const images = (count: number): MrxsSpec => ({
    levels: 1,
    ini: (text) =>
      text.replace("IMAGENUMBER_X = 4", "IMAGENUMBER_X = 4096")
        .replace("IMAGENUMBER_Y = 4", `IMAGENUMBER_Y = ${count / 4096}`),
  });
  const most = limits.MAX_MRXS_IMAGES;
  assertEquals(await refused(images(most)), "");
  assertMatch(await refused(images(most + 4096)), /images, more than 4194304/);

  const files = (count: number): MrxsSpec => ({
    ini: (text) =>
      text.replace(
        "FILE_COUNT = 2",
        [
          `FILE_COUNT = ${count}`,
          ...Array.from({ length: count }, (_, i) => `FILE_${i} = x`),
        ].join("\n"),
      ),
  });
  assertEquals(await refused(files(limits.MAX_MRXS_FILES)), "");
  assertMatch(
    await refused(files(limits.MAX_MRXS_FILES + 1)),
    /FILE_COUNT = 1001 .*from 1 to 1000/,
  );

  const bytes = (count: number): MrxsSpec => ({
    // The mark at its start has three bytes.
    ini: (text) => `${text};`.padEnd(count - 2),
  });
  assertEquals(await refused(bytes(limits.MAX_SLIDEDAT_BYTES)), "");
  assertMatch(
    await refused(bytes(limits.MAX_SLIDEDAT_BYTES + 1)),
    /has more than 4194304 bytes/,
  );

  const index = async (length: number): Promise<string> => {
    const files = await makeMrxs();
    const whole = new Uint8Array(length);
    whole.set(files.get("a/Index.dat")!);
    try {
      await using _ = await openSlide(filesOf(files.set("a/Index.dat", whole)));
      return "";
    } catch (error) {
      return String(error);
    }
  };
  assertEquals(await index(limits.MAX_MRXS_INDEX), "");
  assertMatch(
    await index(limits.MAX_MRXS_INDEX + 1),
    /has more than 134217728 bytes/,
  );

  const pile = (count: number): MrxsSpec => ({
    photos: [count, 1],
    divisions: 1,
    levels: 1,
    overlap: [1, 0],
    places: Array.from({ length: count }, () => [3, 0]),
  });
  assertEquals(await refused(pile(limits.MAX_PHOTOS_IN_PLACE)), "");
  assertMatch(
    await refused(pile(limits.MAX_PHOTOS_IN_PLACE + 1)),
    /257 of its photos lie in one place, more than 256/,
  );
});
