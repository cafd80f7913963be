import {
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  makeJpeg,
  makeRestartJpeg,
  smoothPicture,
} from "../../../../tests/helpers/make_ndpi.ts";
import { rangeResponse } from "../../../../tests/helpers/range_server.ts";
import { MAX_INI_BYTES } from "../../../io/limits.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";

const GROUP = "[Virtual Microscope Specimen]\r\n";
const CLOSE = 10;

/** The part of a picture of `width` px that a JPEG of the grid holds. */
function partOf(
  picture: Uint8Array,
  { width, x, y, side }: {
    readonly width: number;
    readonly x: number;
    readonly y: number;
    readonly side: { readonly width: number; readonly height: number };
  },
): Uint8Array {
  return Uint8Array.from({ length: side.width * side.height * 3 }, (_, i) => {
    const column = x + Math.floor(i / 3) % side.width;
    const row = y + Math.floor(i / 3 / side.width);
    return picture[(row * width + column) * 3 + i % 3];
  });
}

const whole = { width: 384, height: 96 };
const picture = smoothPicture(whole);
const TEXT: Readonly<Record<string, string>> = {
  ...{ NoLayers: "1", NoJpegColumns: "2", NoJpegRows: "2" },
  ...{ ImageFile: "a.jpg", "ImageFile(1,0)": "b.jpg" },
  ...{ "ImageFile(0,1)": "c.jpg", "ImageFile(1,1)": "d.jpg" },
  ...{ "ImageFile(1,0,0)": "z.jpg", MapFile: "map.jpg" },
  ...{ MacroImage: "macro.jpg", OptimisationFile: "a.opt", SourceLens: "20" },
  ...{ PhysicalWidth: "192000", PhysicalHeight: "48000" },
};

/** A slide of 2×2 JPEGs of unlike sizes, three with restart markers; values in place of its own, or files. */
async function makeVms(
  values: Readonly<Record<string, string | undefined>> = {},
  files: Readonly<Record<string, Uint8Array | undefined>> = {},
): Promise<File[]> {
  const sides = [
    ["a.jpg", 0, 0, 256, 40],
    ["b.jpg", 256, 0, 128, 40],
    ["c.jpg", 0, 40, 256, 56],
    ["d.jpg", 256, 40, 128, 56],
  ] as const;
  const made: Record<string, Uint8Array | undefined> = {};
  for (const [name, x, y, width, height] of sides) {
    const side = { width, height };
    const part = partOf(picture, { width: whole.width, x, y, side });
    made[name] = name === "d.jpg"
      ? await makeJpeg(part, side)
      : (await makeRestartJpeg(part, side, { tile: 128 })).jpeg;
  }
  const map = { width: 96, height: 24 };
  made["map.jpg"] = await makeJpeg(smoothPicture(map, 9), map);
  const macro = { width: 80, height: 40 };
  made["macro.jpg"] = await makeJpeg(smoothPicture(macro, 5), macro);
  const lines = Object.entries({ ...TEXT, ...values })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}\r\n`);
  return [
    new File([GROUP, ...lines], "a.vms"),
    ...Object.entries({ ...made, ...files })
      .filter(([, bytes]) => bytes !== undefined)
      .map(([name, bytes]) =>
        new File([bytes as Uint8Array<ArrayBuffer>], name)
      ),
  ];
}

const read = async (
  files: File[],
  options: Parameters<typeof openSlide>[1] = {},
) => {
  await using slide = await openSlide(files, options);
  const { width, height } = slide;
  const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
  return { slide, pixels };
};

function most(pixels: Uint8Array, wanted: Uint8Array): number {
  assertEquals(pixels.length, wanted.length);
  return pixels.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - wanted[i])),
    0,
  );
}

Deno.test("VMS: the JPEGs of the grid abut, and the map is a level", async () => {
  const { slide, pixels } = await read(await makeVms());
  assertEquals(slide.format, "Hamamatsu VMS");
  assertEquals(slide.levels, [
    { ...whole, downsample: 1 },
    { width: 96, height: 24, downsample: 4 },
  ]);
  assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
  assertEquals(slide.objectivePower, 20);
  assertEquals(slide.properties?.["hamamatsu.SourceLens"], "20");
  assertEquals(slide.warnings, []);
  assertLess(most(pixels, picture), CLOSE);
});

Deno.test("VMS: macro and other focal planes are not levels", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const file of await makeVms()) {
      await Deno.writeFile(`${folder}/${file.name}`, file.stream());
    }
    const found = await inspectSlide(`${folder}/a.vms`);
    assertEquals(found.problem, undefined);
    assertEquals(found.associated.map(({ name, width }) => [name, width]), [
      ["macro", 80],
    ]);
    assertEquals(found.ignored, [
      { what: "z.jpg", why: "it is of another focal plane" },
    ]);
    assertEquals(found.levels[0].areas?.map(({ page, x, y }) => [page, x, y]), [
      ["a.jpg", 0, 0],
      ["b.jpg", 256, 0],
      ["c.jpg", 0, 40],
      ["d.jpg", 256, 40],
    ]);
    assertEquals(found.pages.map(({ place }) => place), [
      ...["a.jpg", "b.jpg", "c.jpg", "d.jpg", "map.jpg", "macro.jpg"],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("VMS: its parts are found on a server", async () => {
  const files = new Map(
    (await makeVms({}, { "map.jpg": undefined }))
      .map((file) => [file.name, file]),
  );
  const serve = async (request: Request) => {
    const file = files.get(new URL(request.url).pathname.split("/").at(-1)!);
    if (!file) return new Response("", { status: 404 });
    const [, from, to] = request.headers.get("Range")!
      .match(/^bytes=(\d+)-(\d+)$/)!;
    return rangeResponse(new Uint8Array(await file.arrayBuffer()), {
      start: Number(from),
      end: Math.min(Number(to) + 1, file.size),
    });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    serve,
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}/slides/a.vms?key=1`;
    await using slide = await openSlide(url);
    const pixels = await slide.readRegion({ x: 0, y: 0, ...whole });
    assertLess(most(pixels, picture), CLOSE);
    assertMatch(slide.warnings![0], /map.jpg/);
  } finally {
    await server.shutdown();
  }
});

Deno.test("VMS: --page opens one of its JPEGs", async () => {
  const files = await makeVms();
  const { slide, pixels } = await read(files, { page: 3 });
  assertEquals(slide.levels, [{ width: 128, height: 56, downsample: 1 }]);
  const side = { width: 128, height: 56 };
  const wanted = partOf(picture, { width: 384, x: 256, y: 40, side });
  assertLess(most(pixels, wanted), CLOSE);
  await assertRejects(() => read(files, { page: 6 }), RangeError, "0 to 5");
});

Deno.test("VMS: what a slide can do without is left out, and said", async () => {
  const none = { MapFile: undefined, MacroImage: "" };
  const { slide: bare } = await read(await makeVms(none));
  assertEquals([bare.levels.length, bare.warnings], [1, []]);
  const { slide: missing } = await read(
    await makeVms({}, { "map.jpg": undefined }),
  );
  assertEquals(missing.levels.length, 1);
  assertMatch(
    missing.warnings![0],
    /MapFile is left out: map.jpg: .*not exist/,
  );
  const square = { width: 64, height: 64 };
  const { slide: other } = await read(
    await makeVms({}, {
      "map.jpg": await makeJpeg(smoothPicture(square), square),
    }),
  );
  assertEquals(other.levels.length, 1);
  const { slide: unscaled } = await read(await makeVms({ PhysicalWidth: "x" }));
  assertEquals(unscaled.mpp, undefined);
});

Deno.test("VMS: what cannot be the slide is refused in one line", async () => {
  const other = { width: 128, height: 64 };
  const stranger = await makeJpeg(smoothPicture(other), other);
  const cases: [
    Parameters<typeof makeVms>[0],
    Parameters<typeof makeVms>[1],
    RegExp,
  ][] = [
    [{}, { "c.jpg": undefined }, /c.jpg: .*does not exist/],
    [
      { "ImageFile(0,1)": undefined },
      {},
      /not name the JPEG in column 0, row 1/,
    ],
    [{}, { "d.jpg": stranger }, /d.jpg has 128×64 px.*part of another slide/],
    [{}, { "d.jpg": new Uint8Array(900) }, /d.jpg: .*damaged/],
    [{}, { "d.jpg": new Uint8Array(0) }, /d.jpg: /],
    [{ ImageFile: "../a.jpg" }, {}, /must lie in the slide's folder/],
    [{ NoJpegColumns: "-1" }, {}, /NoJpegColumns must be a positive integer/],
    [{ NoJpegRows: "1e9" }, {}, /names 2000000000 JPEGs, more than 1024/],
    [{ "ImageFile(5,0)": "b.jpg" }, {}, /ImageFile\(5,0\), beyond its grid/],
    [{ Comment: "x".repeat(MAX_INI_BYTES) }, {}, /bytes, more than 1048576/],
  ];
  for (const [values, files, said] of cases) {
    const made = await makeVms(values, files);
    const error = await assertRejects(() => read(made), Error);
    assertMatch(error.message, said);
    assertLess(error.message.length, 400);
  }
  // Alone, as a Blob.
  const [alone] = await makeVms();
  await assertRejects(() => openSlide(alone), Error, "a.jpg");
});

Deno.test("VMU and NDPIS files are refused by name", async () => {
  for (
    const [text, said] of [
      ["[Uncompressed Virtual Microscope Specimen]", "Hamamatsu VMU"],
      ["[NanoZoomer Digital Pathology Image Set]\r\n", "fluorescence"],
    ]
  ) {
    const file = new File([text, " ".repeat(80)], "a.txt");
    await assertRejects(() => openSlide(file), TypeError, said);
  }
});
