import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  makeDicomPicture,
  reduce,
} from "../../../../tests/helpers/make_dicom.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { readAll } from "../../../../tests/helpers/open_pages.ts";
import { blobSource } from "../../byte_source.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";
import { type Dataset, READ } from "./dataset.ts";
import { openFrames } from "./frame_store.ts";
import { readHeader } from "./read_header.ts";

const [width, height] = [40, 36];
const pixels = noise(width, height);
const half = reduce(pixels, { width, height, factor: 2 });
const spaced = (mm: number) => ({
  SharedFunctionalGroupsSequence: [{
    PixelMeasuresSequence: [{ PixelSpacing: `${mm}\\${mm}` }],
  }],
});
const [STUDY, SERIES] = ["1.2.77", "1.2.9"];

const FILES = [
  makeDicomPicture({ width, height, pixels, more: spaced(0.0005) }),
  makeDicomPicture({ ...half, more: spaced(0.001) }),
  makeDicomPicture({
    ...half,
    more: {
      SOPInstanceUID: "1.2.3.1",
      ImageType: "ORIGINAL\\PRIMARY\\LABEL\\NONE",
    },
  }),
  makeDicomPicture({
    ...half,
    more: { SOPInstanceUID: "1.2.3.2", SOPClassUID: "1.2.3" },
  }),
];

/** DICOM's JSON of attributes, with those of the patient that are not read. */
function toJson(dataset: Dataset): Record<string, unknown> {
  const object: Record<string, unknown> = {
    "00100010": { vr: "PN", Value: [{ Alphabetic: "A" }] },
    "7FE00010": { vr: "OW", BulkDataURI: "http://127.0.0.1/none" },
  };
  for (const [tag, { values, items }] of dataset) {
    const key = tag.toString(16).padStart(8, "0").toUpperCase();
    const vr = READ.get(tag);
    const Value = vr === "SQ"
      ? items.map(toJson)
      : values.map((value) => vr === "DS" ? Number(value) : value);
    object[key] = { vr, Value };
  }
  return object;
}

interface Asked {
  readonly path: string;
  /** Headers of the request: the key, and what it takes. */
  readonly key: string | null;
  readonly accept: string | null;
}

/** A small DICOMweb server of one series; `misbehave` answers in its place where it returns something. */
async function serve(
  misbehave?: (asked: Asked) => Response | undefined,
) {
  const instances = await Promise.all(FILES.map(async (file) => {
    const source = blobSource(new Blob([file]));
    const header = (await readHeader(source))!;
    const json = toJson(header.dataset);
    const uid = String(header.dataset.get(0x00080018)?.values[0]);
    const count = Number(header.dataset.get(0x00280008)?.values[0]);
    const frames = await openFrames(source, header, { count, bytes: 768 });
    return { json, uid, frames };
  }));
  const asked: Asked[] = [];
  const root = `/web/studies/${STUDY}/series/${SERIES}`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const path = pathname.replace(root, "");
      const item = {
        path,
        key: request.headers.get("Authorization"),
        accept: request.headers.get("Accept"),
      };
      asked.push(item);
      const odd = misbehave?.(item);
      if (odd) return odd;
      if (path === "/metadata") {
        return Response.json(instances.map(({ json }) => json));
      }
      const [, uid, number] =
        path.match(/^\/instances\/([\d.]+)\/frames\/(\d+)$/) ?? [];
      const found = instances.find((each) => each.uid === uid);
      if (!found) return new Response(null, { status: 404 });
      return parts(await found.frames.read(Number(number) - 1));
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/web/`;
  const series = { dicomweb: url, study: STUDY, series: SERIES };
  return {
    asked,
    series,
    url: `${url}studies/${STUDY}/series/${SERIES}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const TYPE = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1";

/** An answer in parts, as servers send frames. */
function parts(
  frame: Uint8Array<ArrayBuffer>,
  { type = TYPE, head }: { type?: string; head?: string } = {},
): Response {
  return new Response(
    new Blob([
      `\r\n--a-b\r\n${head ?? `Content-Type: ${type}\r\n`}\r\n`,
      frame,
      "\r\n--a-b--\r\n",
    ]),
    {
      headers: {
        "Content-Type": `multipart/related; type="${type}"; boundary=a-b`,
      },
    },
  );
}

Deno.test("openSlide() reads a series on a DICOMweb server", async () => {
  await using server = await serve();
  await using slide = await openSlide({
    ...server.series,
    headers: { Authorization: "Bearer key" },
  });
  assertEquals(slide.name, SERIES);
  assertEquals(slide.levels, [
    { width: 40, height: 36, downsample: 1 },
    { width: 20, height: 18, downsample: 2 },
  ]);
  assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
  assertEquals(slide.warnings, []);
  assertEquals(await readAll(slide), pixels);
  const region = { x: 0, y: 0, width: 20, height: 18 };
  assertEquals(await slide.readRegion(region, { level: 1 }), half.pixels);
  for (const { key } of server.asked) assertEquals(key, "Bearer key");
  // The metadata, and each frame once: those of the levels, and the first of the label.
  assertEquals(server.asked.length, 1 + 9 + 4 + 1);
  const [{ accept }, frame] = server.asked;
  assertEquals(accept, "application/dicom+json");
  assertStringIncludes(frame.accept!, "transfer-syntax=*");
});

Deno.test("inspectSlide() reads a series by its URL", async () => {
  await using server = await serve();
  const found = await inspectSlide(server.url);
  assertEquals([found.problem, found.name], [undefined, SERIES]);
  assertEquals(found.associated.map(({ name }) => name), ["label"]);
  assertEquals(found.ignored, [
    { what: "1.2.3.2", why: "it is an object of class 1.2.3" },
  ]);
});

Deno.test("openSlide() understands frames without a syntax, in one part, and after a length", async () => {
  const frame = noise(16, 16) as Uint8Array<ArrayBuffer>;
  const answers = [
    () => parts(frame, { type: "application/octet-stream" }),
    () =>
      new Response(frame, {
        headers: { "Content-Type": "application/octet-stream" },
      }),
    () => {
      const marked = frame.slice();
      marked.set(new TextEncoder().encode("\r\n--a-b\r\n"), 30);
      const head = `Content-Type: ${TYPE}\r\nContent-Length: 768\r\n`;
      return parts(marked, { head });
    },
  ];
  for (const answer of answers) {
    await using server = await serve(({ path }) =>
      path.includes("/frames/") ? answer() : undefined
    );
    await using slide = await openSlide(server.series);
    const read = await slide.readRegion({ x: 16, y: 16, width: 1, height: 1 });
    assertEquals([...read], [...frame.subarray(0, 3)]);
  }
});

Deno.test("openSlide() leaves out an instance whose frames are withheld, and says so", async () => {
  await using server = await serve(({ path }) =>
    path.includes("/1.2.3.1/") ? new Response(null, { status: 403 }) : undefined
  );
  await using slide = await openSlide(server.series);
  assertEquals(slide.warnings, [
    "1.2.3.1 is left out: its server answers 403 Forbidden",
  ]);
});

Deno.test("openSlide() says what is wrong with a DICOMweb server", async () => {
  const json = (value: unknown) => () => Response.json(value);
  const cases: [(asked: Asked) => Response | undefined, string][] = [
    [
      () => new Response(null, { status: 404 }),
      "it does not exist",
    ],
    [() => new Response(null, { status: 401 }), "its server answers 401"],
    [() => new Response("<html>"), "metadata that are not JSON"],
    [json({}), "its server lists no instances"],
    [json([]), "its server lists no instances"],
    [json([7]), "an instance of it is no object"],
    [json([{ "00080018": { Value: 3 } }]), "00080018 has no list of values"],
    [
      json([{ "00080016": { Value: ["1.2.3"] } }]),
      "it is an object of class 1.2.3, not a whole-slide image",
    ],
    [
      json([{ "00480105": { Value: Array(4097).fill({}) } }]),
      "more than 4096 items",
    ],
    [
      ({ path }) => path === "/metadata" ? undefined : new Response("x"),
      "frames of an unknown media type",
    ],
    [
      ({ path }) =>
        path === "/metadata" ? undefined : new Response("--b\r\n", {
          headers: { "Content-Type": "multipart/related; boundary=b" },
        }),
      "an answer without its parts",
    ],
    [
      ({ path }) =>
        path === "/metadata" ? undefined : parts(new Uint8Array(9), {
          type: "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.110",
        }),
      "1.2.840.10008.1.2.4.110 (lossless JPEG XL) is not supported",
    ],
  ];
  for (const [misbehave, reason] of cases) {
    await using server = await serve(misbehave);
    const { message } = await assertRejects(
      () => openSlide(server.series, { remote: { attempts: 1 } }),
      Error,
    );
    assertStringIncludes(message, reason);
    assertStringIncludes(message, `/series/${SERIES}": `);
  }
});

Deno.test("openSlide() says what is wrong with a frame of a DICOMweb server", async () => {
  const cases: [Response, string][] = [
    [parts(new Uint8Array(0)), "is empty"],
    [parts(new Uint8Array(700)), "its block ends after 700 of 768 bytes"],
    [
      parts(new Uint8Array(768), { type: "image/jpeg" }),
      "in another way than the first",
    ],
    [new Response(null, { status: 404 }), "it does not exist"],
  ];
  for (const [answer, reason] of cases) {
    await using server = await serve(({ path }) =>
      path.endsWith("1.2.3.40/frames/5") ? answer : undefined
    );
    await using slide = await openSlide(server.series);
    const { message } = await assertRejects(() => readAll(slide), Error);
    assertStringIncludes(message, reason);
  }
});

Deno.test("openSlide() tries again, and keeps headers from other servers", async () => {
  let failures = 0;
  await using retried = await serve(({ path }) =>
    path.includes("/frames/") && failures++ < 1
      ? new Response(null, { status: 503 })
      : undefined
  );
  await using slide = await openSlide(retried.series);
  assertEquals(await readAll(slide), pixels);
  await using other = await serve();
  await using moved = await serve(() =>
    Response.redirect(`${other.url}/metadata`, 302)
  );
  await openSlide({ ...moved.series, headers: { Authorization: "key" } })
    .then((slide) => slide[Symbol.asyncDispose](), () => {});
  assertEquals(new Set(other.asked.map(({ key }) => key)), new Set([null]));
});

Deno.test("openSlide() refuses a series without UIDs or a URL", async () => {
  const series = { dicomweb: "http://127.0.0.1/", study: "1.2", series: "1.3" };
  const cases = [
    [{ ...series, study: "../1" }, 'study must be a UID, received "../1"'],
    [{ ...series, series: "" }, 'series must be a UID, received ""'],
    [{ ...series, dicomweb: "server" }, "dicomweb must be an http or https"],
  ] as const;
  for (const [given, reason] of cases) {
    const { message } = await assertRejects(() => openSlide(given), TypeError);
    assertStringIncludes(message, reason);
  }
});
