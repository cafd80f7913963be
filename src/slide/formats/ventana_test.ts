import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { MAX_SCAN_AREAS } from "../../io/limits.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

const SIDE = 16;
const ISCAN = `<iScan ScanRes="0.465" Magnification="40" />`;

/** An area of tiles, at a place in the file's grid and another on the slide. */
interface Area {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
  readonly x: number;
  /** Upwards, of the lower edge. */
  readonly bottom: number;
}

const SINGLE = { column: 0, row: 0, columns: 3, rows: 2, x: 0, bottom: 7 };

/** The number of a tile of an area: from the lower left, turning at each end. */
function numberOf({ columns, rows }: Area, column: number, row: number) {
  const up = rows - 1 - row;
  return up * columns + (up % 2 === 0 ? column : columns - 1 - column) + 1;
}

/** All joints of an area. */
function jointsOf(area: Area, [overX, overY]: readonly number[]): string {
  let joints = "";
  for (let row = 0; row < area.rows; row++) {
    for (let column = 0; column < area.columns; column++) {
      const tile = numberOf(area, column, row);
      if (column + 1 < area.columns) {
        joints += joint("RIGHT", tile, numberOf(area, column + 1, row), overX);
      }
      if (row > 0) {
        joints += joint("UP", tile, numberOf(area, column, row - 1), overY);
      }
    }
  }
  return joints;
}

/** The overlap the other way must not count. */
function joint(
  direction: string,
  tile1: number,
  tile2: number,
  overlap: number | string,
  confidence: number | string = 98,
): string {
  const across = direction === "RIGHT" || direction === "LEFT";
  return `<TileJointInfo FlagJoined="1" Confidence="${confidence}" Direction="${direction}" Tile1="${tile1}" Tile2="${tile2}" OverlapX="${
    across ? overlap : 9
  }" OverlapY="${across ? 9 : overlap}" />`;
}

function encodeInfo(areas: readonly Area[], joints: readonly string[]): string {
  const infos = areas.map((area, i) =>
    `<ImageInfo AOIScanned="1" AOIIndex="${i}" Width="${SIDE}" Height="${SIDE}" NumRows="${area.rows}" NumCols="${area.columns}" Pos-X="${area.x}" Pos-Y="${area.bottom}">${
      joints[i]
    }</ImageInfo>`
  );
  const origins = areas.map(({ column, row }, i) =>
    `<AOI${i} OriginX="${column * SIDE}" OriginY="${row * SIDE}" />`
  );
  return `<?xml version="1.0"?><EncodeInfo Ver="2"><SlideStitchInfo>${
    infos.join("")
  }</SlideStitchInfo><AoiOrigin>${origins.join("")}</AoiOrigin></EncodeInfo>`;
}

const bytes = (text: string) => new TextEncoder().encode(`${text}\0`);

/** A page of the grid of tiles. */
function level(
  columns: number,
  rows: number,
  tags: PageSpec["tags"],
): PageSpec {
  const [width, height] = [columns * SIDE, rows * SIDE];
  return {
    ...{ width, height, pixels: noise(width, height), tags },
    tile: { width: SIDE, height: SIDE },
  };
}

const beside = (text: string, tags: PageSpec["tags"] = {}): PageSpec => ({
  ...{ width: 20, height: 30, pixels: noise(20, 30) },
  tags: { ...tags, 270: text },
});

/** The pages of a file: label, probability, and levels of a grid of 6×4 tiles. */
function pagesOf(
  info: string,
  { iscan = ISCAN, levels = 2 }: { iscan?: string; levels?: number } = {},
): PageSpec[] {
  return [
    beside("Label_Image", { 700: bytes(iscan) }),
    beside("Probability_Image"),
    level(6, 4, { 270: "level=0 mag=40 quality=90", 700: bytes(info) }),
    ...[level(3, 2, { 270: "level=1 mag=20 quality=90" })].slice(0, levels - 1),
  ];
}

async function open(pages: readonly PageSpec[], page?: number) {
  const file = new Blob([await makeTiff(pages, { bigTiff: true })]);
  return await openSlide(file, { page });
}

/** The tiles of a page, painted one after the other in the order of the file. */
function stitch(
  { width: pageWidth, pixels }: PageSpec,
  { areas, overlaps: [overX, overY], factor, width, height, white = 255 }: {
    readonly areas: readonly Area[];
    readonly overlaps: readonly number[];
    readonly factor: number;
    readonly width: number;
    readonly height: number;
    readonly white?: number;
  },
): Uint8Array {
  const out = new Uint8Array(width * height * 3).fill(white);
  const lengthOf = ({ rows }: Area) => rows * (SIDE - overY) + overY;
  const top = Math.max(...areas.map((area) => area.bottom + lengthOf(area)));
  const side = SIDE / factor;
  for (const area of areas) {
    const y = top - area.bottom - lengthOf(area);
    for (let row = 0; row < area.rows; row++) {
      for (let column = 0; column < area.columns; column++) {
        const left = Math.round((area.x + column * (SIDE - overX)) / factor);
        const above = Math.round((y + row * (SIDE - overY)) / factor);
        for (let i = 0; i < side * side; i++) {
          const [dx, dy] = [i % side, Math.floor(i / side)];
          const from = ((area.row + row) * side + dy) * pageWidth +
            (area.column + column) * side + dx;
          const to = (above + dy) * width + left + dx;
          out.set(pixels.subarray(from * 3, from * 3 + 3), to * 3);
        }
      }
    }
  }
  return out;
}

async function assertStitched(
  pages: readonly PageSpec[],
  expected: {
    readonly areas: readonly Area[];
    readonly overlaps: readonly number[];
    readonly sizes: readonly (readonly [number, number])[];
    readonly white?: number;
  },
): Promise<void> {
  await using slide = await open(pages);
  assertEquals(slide.format, "Ventana BIF");
  assertEquals(
    slide.levels,
    expected.sizes.map(([width, height], i) => ({
      width,
      height,
      downsample: 2 ** i,
    })),
  );
  for (const [i, { width, height, downsample }] of slide.levels.entries()) {
    const region = { x: 0, y: 0, width, height };
    assertEquals(
      await slide.readRegion(region, { level: i }),
      stitch(pages[2 + i], { ...expected, factor: downsample, width, height }),
      `level ${i}`,
    );
  }
}

Deno.test("Ventana: tiles advance by their size less the overlap, in every level", async () => {
  const joints = [jointsOf(SINGLE, [4, 2])];
  const pages = pagesOf(encodeInfo([SINGLE], joints));
  await assertStitched(pages, {
    areas: [SINGLE],
    overlaps: [4, 2],
    sizes: [[40, 30], [20, 15]],
  });
});

Deno.test("Ventana: areas lie on one canvas, counted from below; what was not scanned is left out", async () => {
  const areas = [
    { column: 0, row: 0, columns: 3, rows: 2, x: 6, bottom: 500 },
    { column: 3, row: 1, columns: 2, rows: 3, x: 60, bottom: 540 },
  ];
  const info = encodeInfo(areas, areas.map((area) => jointsOf(area, [4, 2])));
  const unscanned = info.replace(
    "</SlideStitchInfo>",
    `<ImageInfo AOIScanned="0" AOIIndex="2" /></SlideStitchInfo>`,
  );
  const iscan =
    `<Metadata><iScan ScanRes="0.25" Magnification="40" ScanWhitePoint="235" /></Metadata>`;
  await assertStitched(pagesOf(unscanned, { iscan }), {
    areas,
    overlaps: [4, 2],
    sizes: [[88, 84], [44, 42]],
    white: 235,
  });
  await using slide = await open(pagesOf(unscanned, { iscan }));
  assertEquals(slide.bounds, { x: 6, y: 0, width: 82, height: 84 });
  assertEquals(slide.properties, {
    "ventana.ScanRes": "0.25",
    "ventana.Magnification": "40",
    "ventana.ScanWhitePoint": "235",
  });
  assertEquals((await slide.readAssociated("macro")).pixels, noise(20, 30));
  // Origins are found by name, in whatever order.
  const [first, second] = [`<AOI0 OriginX="0" OriginY="0" />`, `<AOI1 `];
  const swapped = unscanned.replace(first, "").replace(
    "</AoiOrigin>",
    `${first}</AoiOrigin>`,
  );
  assertStringIncludes(swapped.split(second)[1], first);
  await assertStitched(pagesOf(swapped), {
    areas,
    overlaps: [4, 2],
    sizes: [[88, 84], [44, 42]],
  });
});

Deno.test("Ventana: one overlap for the slide is the mean by confidence, rounded where tiles are placed", async () => {
  const joints = joint("RIGHT", 1, 2, 2, 90) + joint("RIGHT", 2, 3, 7, 30) +
    joint("UP", 1, 6, 3, 50) + joint("UP", 2, 5, 99, 0);
  const refused = encodeInfo([SINGLE], [joints]);
  await assertRejects(
    () => open(pagesOf(refused)),
    SyntaxError,
    "overlap by 99",
  );
  await assertStitched(pagesOf(refused.replace('"99"', '"-9"')), {
    areas: [SINGLE],
    overlaps: [3.25, 3],
    sizes: [[42, 29], [21, 15]],
  });
});

Deno.test("Ventana: a list of frames says what the grid says, or there is a warning", async () => {
  const [columns, rows] = [SINGLE.columns, SINGLE.rows];
  const frames = Array.from(
    { length: columns * rows },
    (_, i) =>
      `<Frame XY="${i % columns}, ${
        Math.floor(i / columns)
      }" Z="0" Focus="7"/>`,
  );
  const joints = jointsOf(SINGLE, [4, 2]);
  const within = (list: readonly string[]) =>
    encodeInfo([SINGLE], [
      `${joints}<FrameInfo>${list.join("")}</FrameInfo>`,
    ]);
  const beside = (list: readonly string[]) =>
    encodeInfo([SINGLE], [joints]).replace(
      "</EncodeInfo>",
      `<FrameInfo AOIIndex="0">${
        list.join("")
      }</FrameInfo><FrameInfo AOIIndex="1"><Frame XY="9,9"/></FrameInfo></EncodeInfo>`,
    );
  const expected = {
    areas: [SINGLE],
    overlaps: [4, 2],
    sizes: [[40, 30], [20, 15]],
  } as const;
  for (const place of [within, beside]) {
    for (
      const [list, warning] of [
        [frames, ""],
        [frames.toSpliced(2, 1), ""], // one that was not scanned
        [frames.toReversed(), '"1, 1"'],
        [[...frames, `<Frame XY="3,1"/>`], '"3,1"'],
        [[`<Frame XY="a,1"/>`], '"a,1"'],
        [[`<Frame/>`], '""'],
      ] as const
    ) {
      const pages = pagesOf(place(list));
      await assertStitched(pages, expected);
      await using slide = await open(pages);
      assertEquals(slide.warnings?.length, warning ? 1 : 0, String(list));
      assertStringIncludes(slide.warnings?.join() ?? "", warning);
    }
    const planes = frames.toSpliced(1, 1, frames[1].replace('Z="0"', 'Z="1"'));
    await assertRejects(
      () => open(pagesOf(place(planes))),
      SyntaxError,
      "area 0 has frames of 2 focal planes",
    );
  }
});

Deno.test("Ventana: LEFT and DOWN are joints of the same neighbors, whichever tile is first", async () => {
  const joints = joint("LEFT", 1, 2, 4) + joint("LEFT", 3, 2, 4) +
    joint("DOWN", 6, 1, 2) + joint("DOWN", 2, 5, 2);
  await assertStitched(pagesOf(encodeInfo([SINGLE], [joints])), {
    areas: [SINGLE],
    overlaps: [4, 2],
    sizes: [[40, 30], [20, 15]],
  });
});

Deno.test("Ventana: where no joint says how tiles overlap they abut, with a warning", async () => {
  const pages = pagesOf(encodeInfo([SINGLE], [joint("RIGHT", 1, 2, 4)]));
  await assertStitched(pages, {
    areas: [SINGLE],
    overlaps: [4, 0],
    sizes: [[40, 32], [20, 16]],
  });
  await using slide = await open(pages);
  assertEquals(slide.warnings, [
    "its XML does not say how rows of tiles overlap: taken as 0 px",
  ]);
});

Deno.test("Ventana: scale, objective and pictures beside the slide are told with their source", async () => {
  const info = encodeInfo([SINGLE], [jointsOf(SINGLE, [4, 2])]);
  const file = new Blob([
    await makeTiff([
      ...pagesOf(info),
      beside("Thumbnail"),
      beside("something"),
      level(1, 1, { 270: "level=2 mag=10" }),
      level(3, 2, { 270: "level=3 mag=15" }),
      level(3, 2, { 270: "level=4" }),
      level(3, 2, { 270: "level=5 mag=20" }),
    ]),
  ]);
  const { format, mpp, objectivePower, associated, ignored } =
    await inspectSlide(file);
  assertEquals(format, "Ventana BIF");
  assertEquals(mpp, { x: 0.465, y: 0.465, source: 'iScan "ScanRes=0.465"' });
  assertEquals(objectivePower, { value: 40, source: 'iScan "Magnification"' });
  assertEquals(associated.map(({ name, page }) => [name, page]), [
    ["macro", "page 0"],
    ["probability", "page 1"],
    ["thumbnail", "page 4"],
  ]);
  assertEquals(
    ignored.map(({ what, why }) => `${what.split(" (")[0]}: ${why}`),
    [
      "page 5: its description names no level",
      "page 7: its magnification is not the slide's divided by a whole number",
      "page 8: its magnification is not the slide's divided by a whole number",
      "page 9: it is not coarser than the level before it",
    ],
  );
  await using label = await openSlide(file, { page: 0 });
  assertEquals(label.width, 20);
  await assertRejects(
    () => openSlide(file, { page: 2 }),
    TypeError,
    "contains tiles that overlap",
  );
});

Deno.test("Ventana: a file without EncodeInfo has tiles that abut", async () => {
  const pages = pagesOf("<x/>");
  await using slide = await open(pages);
  assertEquals(slide.levels.map(({ width }) => width), [96, 48]);
  assertEquals(slide.mpp?.x, 0.465);
  await using half = await open(pages, 3);
  assertEquals(half.width, 48);
});

Deno.test("Ventana: what its XML does not say for certain is refused by name", async () => {
  const joints = jointsOf(SINGLE, [4, 2]);
  const info = encodeInfo([SINGLE], [joints]);
  const two = encodeInfo([SINGLE, { ...SINGLE, column: 2 }], [joints, joints]);
  const cases: [info: string, reason: string | RegExp][] = [
    [info.replace('"RIGHT"', '"ASIDE"'), 'are joined "ASIDE"'],
    [info.replace('"RIGHT"', '"constructor"'), 'are joined "constructor"'],
    [
      info.replace('Tile2="5"', 'Tile2="2"'),
      "tiles 6 and 2 of area 0 are joined",
    ],
    [
      info.replace('Tile1="6"', 'Tile1="7"'),
      "tiles 7 and 5 of area 0 are joined",
    ],
    [
      info.replace('Confidence="98"', ""),
      "Confidence of TileJointInfo must be a number",
    ],
    [info.replace('OverlapX="4"', 'OverlapX="16"'), "overlap by 16 px"],
    [info.replace('OverlapX="4"', 'OverlapX="-16"'), "overlap by -16 px"],
    [info.replace('Confidence="98"', 'Confidence="-1"'), "a confidence of -1"],
    [
      info.replace('Pos-X="0"', 'Pos-X="none"'),
      'Pos-X of ImageInfo must be a number in area 0, received "none"',
    ],
    [info.replace('Pos-X="0"', 'Pos-X="-5"'), "area 0 begins 5 px left"],
    [info.replace('Width="16"', 'Width="32"'), "tiles of area 0 have Width 32"],
    [info.replace('OriginX="0"', 'OriginX="8"'), "from column 0.5"],
    [info.replace('OriginX="0"', 'OriginX="64"'), "which are not in the page"],
    [info.replace('NumCols="3"', 'NumCols="0"'), "0×2 tiles"],
    [info.replace('NumRows="2"', 'NumRows="1e9"'), "which are not in the page"],
    [info.replace("<AOI0", "<AOI1"), "no origin of area 0"],
    [info.replace('AOIScanned="1"', 'AOIScanned="0"'), "no area was scanned"],
    [two, "area 0 and area 1 share tiles"],
  ];
  for (const [text, reason] of cases) {
    const error = await assertRejects(
      () => open(pagesOf(text)),
      SyntaxError,
      "it is uncertain from its XML where tiles belong",
      text,
    );
    assertStringIncludes(error.message, String(reason));
  }
  await assertRejects(
    () => open(pagesOf(info.replace('Pos-X="0"', 'Pos-X="1e9"'))),
    RangeError,
    "its areas take 1000000040×30 px",
  );
  await assertRejects(
    () => open(pagesOf(info.replace("</Enc", "<"))),
    SyntaxError,
    "export it as TIFF in Ventana's viewer",
  );
});

Deno.test("Ventana: focal planes, and pages that do not say which is the slide, are refused", async () => {
  const info = encodeInfo([SINGLE], [jointsOf(SINGLE, [4, 2])]);
  const iscan = ISCAN.replace("/>", 'Z-layers="3" />');
  await assertRejects(
    () => open(pagesOf(info, { iscan })),
    TypeError,
    "it contains 3 focal planes (Ventana BIF)",
  );
  const pages = pagesOf(info);
  await assertRejects(
    () => open([...pages, pages[2]]),
    TypeError,
    "it contains 2 focal planes (Ventana BIF)",
  );
  for (
    const [index, tags, reason] of [
      [
        2,
        { 270: "something", 700: bytes(info) },
        "none of its pages is described as level=0",
      ],
      [2, { 270: "level=0 mag=40" }, "the page of level 0 has no EncodeInfo"],
    ] as const
  ) {
    const changed = pages.with(index, { ...pages[index], tags });
    const last = { ...pages[1], tags: { 700: bytes(info) } };
    await assertRejects(() => open([...changed, last]), TypeError, reason);
  }
  await assertRejects(
    () => open(pages.with(2, { ...pages[2], tile: undefined })),
    TypeError,
    "the page of level 0 is not tiled",
  );
});

Deno.test("Ventana: scales and objectives that cannot be are ignored", async () => {
  const info = encodeInfo([SINGLE], [jointsOf(SINGLE, [4, 2])]);
  const iscan = `<iScan ScanRes="0" Magnification="x" ScanWhitePoint="256" />`;
  await using slide = await open(pagesOf(info, { iscan }));
  assertEquals([slide.mpp, slide.objectivePower], [undefined, undefined]);
  assertMatch(slide.warnings![0], /"ScanRes=0", which is not a valid scale/);
});

Deno.test("Ventana: MAX_SCAN_AREAS areas are accepted, and one more is refused", async () => {
  const unscanned = (count: number) =>
    encodeInfo([SINGLE], [jointsOf(SINGLE, [4, 2])]).replace(
      "</SlideStitchInfo>",
      `${`<ImageInfo AOIScanned="0" />`.repeat(count)}</SlideStitchInfo>`,
    );
  await using slide = await open(pagesOf(unscanned(MAX_SCAN_AREAS - 1)));
  assertEquals(slide.width, 40);
  await assertRejects(
    () => open(pagesOf(unscanned(MAX_SCAN_AREAS))),
    RangeError,
    `has ${MAX_SCAN_AREAS + 1} areas, more than ${MAX_SCAN_AREAS}`,
  );
});
