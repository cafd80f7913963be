import { assert, assertEquals, assertRejects } from "@std/assert";
import { zipSync } from "fflate";
import * as limits from "../src/io/limits.ts";
import { checkPage } from "../src/slide/check_page.ts";
import { parseXml } from "../src/slide/xml.ts";
import { blobSource } from "../src/slide/byte_source.ts";
import { checkAssociatedSize } from "../src/slide/read_associated.ts";
import { checkRegion, type OpenedSlide } from "../src/slide/slide.ts";
import { decodeBlock } from "../src/slide/codecs/decode_block.ts";
import { checkJpeg2000Size } from "../src/slide/codecs/jpeg2000.ts";
import {
  TransferError,
  withRetries,
} from "../src/slide/remote/with_retries.ts";
import { readJpegHeader } from "../src/slide/formats/hamamatsu/jpeg_header.ts";
import { restartTiles } from "../src/slide/formats/hamamatsu/restart_tiles.ts";
import { readTiffPages } from "../src/slide/tiff/read_tiff_pages.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { findResults } from "../src/run/find_results.ts";
import { readObjects } from "../src/view/read_objects.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { copyBudget } from "../src/weights/read_torch.ts";
import { runPickle } from "../src/weights/run_pickle.ts";
import { ZipArchive } from "../src/weights/zip_archive.ts";
import {
  materializeTensor,
  TorchStorage,
  TorchTensor,
} from "../src/weights/torch_tensor.ts";
import { pngFile } from "../src/io/encode_png.ts";
import { makeJpeg, smoothPicture } from "./helpers/make_ndpi.ts";
import { makeTiff } from "./helpers/make_tiff.ts";

/** Limits whose tests are in files of their own, for their cases are many. */
const ELSEWHERE = {
  MAX_TEXT_BYTES: "src/io/read_text_test.ts",
  MAX_CSV_RECORD: "src/io/csv_test.ts",
  MAX_CSV_FIELDS: "src/io/csv_test.ts",
  MAX_GEOJSON_FEATURE: "src/labels/geojson_splitter_test.ts",
  MAX_GEOJSON_DEPTH: "src/labels/geojson_splitter_test.ts",
  MAX_GEOJSON_POINTS: "src/labels/geojson_splitter_test.ts",
  MAX_GEOJSON_RINGS: "src/labels/geojson_splitter_test.ts",
  MAX_CHANGES_BYTES: "src/view/edit_view_test.ts",
  MAX_MODEL_JSON: "tests/model_folder_test.ts",
  MAX_MODEL_BYTES: "tests/model_hub_test.ts",
  MAX_ONNX_ITEMS: "src/onnx/read_onnx_test.ts",
  MAX_ONNX_CONSTANT: "src/onnx/read_onnx_test.ts",
  MAX_ZARR_JSON: "src/slide/formats/zarr/zarr_limits_test.ts",
  MAX_ZARR_AXES: "src/slide/formats/zarr/zarr_limits_test.ts",
  MAX_ZARR_LEVELS: "src/slide/formats/zarr/zarr_limits_test.ts",
  MAX_ZARR_IMAGES: "src/slide/formats/zarr/zarr_limits_test.ts",
  MAX_SHARD_CHUNKS: "src/slide/formats/zarr/zarr_limits_test.ts",
  MAX_SCAN_AREAS: "src/slide/formats/ventana_test.ts",
  MAX_DICOM_HEADER: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_DEPTH: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_ITEMS: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_VALUE: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_FRAMES: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_TILES: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_PILE: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOM_FILES: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_DICOMWEB_METADATA: "src/slide/formats/dicom/dicom_limits_test.ts",
  MAX_CZI_DIRECTORY: "src/slide/formats/czi/czi_test.ts",
  MAX_CZI_BLOCKS: "src/slide/formats/czi/czi_test.ts",
  MAX_CZI_PILE: "src/slide/formats/czi/czi_test.ts",
  MAX_CZI_ATTACHMENTS: "src/slide/formats/czi/czi_test.ts",
  MAX_SLIDEDAT_BYTES: "src/slide/formats/mrxs/mrxs_test.ts",
  MAX_MRXS_INDEX: "src/slide/formats/mrxs/mrxs_test.ts",
  MAX_MRXS_IMAGES: "src/slide/formats/mrxs/mrxs_test.ts",
  MAX_MRXS_FILES: "src/slide/formats/mrxs/mrxs_test.ts",
  MAX_PHOTOS_IN_PLACE: "src/slide/formats/mrxs/mrxs_test.ts",
};

interface Case {
  /** Reads something of so many. */
  readonly read: (count: number) => unknown;
  /** What the error beyond the limit says, and none at the limit. */
  readonly says: string;
  /** The limit for the test, where it can be set. Default: the limit itself. */
  readonly most?: number;
}

const bytes = (text: string) => new TextEncoder().encode(text);

const picture = {
  ...{ place: "page 0", width: 16, height: 16, tiled: true },
  ...{ blockWidth: 16, blockHeight: 16, samples: 3, bits: [8, 8, 8] },
  ...{ formats: [1, 1, 1], extraSamples: [], compression: 8, predictor: 1 },
  ...{ photometric: 2, planar: false, fillOrder: 1, description: "" },
  ...{ subsampling: [1, 1] as const, orientation: 1, littleEndian: true },
};

const format = {
  ...{ predictor: 1, photometric: 1, bits: 8, float: false, samples: 1 },
  ...{ colors: 1, alpha: "none" as const, littleEndian: true },
  ...{ reversedBits: false, subsampling: [1, 1] as const },
};

/** Decodes a block of two bytes that claims `ratio` times as much. */
const decode = (compression: number) => (ratio: number) =>
  decodeBlock({
    format: { ...format, compression },
    parts: [Uint8Array.of(0, 0)],
    ...{ width: 2 * ratio, height: 1, maxHeight: 1 },
  });

const pages = (count: number) =>
  Array.from({ length: count }, () => {
    return { width: 1, height: 1, pixels: new Uint8Array(3) };
  });

const pickled = (...parts: Uint8Array[]) =>
  runPickle(new Uint8Array(parts.flatMap((part) => [...part])), {
    subject: "pickle",
  });

/** Repeats opcodes. */
function opcodes(text: string, count: number, end = "."): Uint8Array {
  return bytes(
    text.repeat(Math.ceil(count / text.length)).slice(0, count) + end,
  );
}

/** Opens an Aperio slide of such properties. */
async function openAperio(properties: string): Promise<OpenedSlide> {
  const tags = { 270: `Aperio x|${properties}` };
  return await openSlide(
    new Blob([await makeTiff([{ ...pages(1)[0], tags }])]),
  );
}

const CASES: Readonly<Record<string, Case>> = {
  MAX_PROPERTIES: {
    async read(count): Promise<void> {
      const all = Array.from({ length: count }, (_, i) => `k${i}=${i}`);
      await using slide = await openAperio(all.join("|"));
      if (slide.warnings?.[0]) throw new Error(slide.warnings[0]);
      assertEquals(Object.keys(slide.properties!).length, count);
    },
    says: "properties: those after the first 1000 are left out",
  },
  MAX_PROPERTY_LENGTH: {
    async read(count): Promise<void> {
      await using slide = await openAperio(`k=${"a".repeat(count)}`);
      const value = slide.properties!["aperio.k"];
      if (value.length < count) throw new Error(value.slice(-2));
      assertEquals(value.at(-1), "a");
    },
    says: "a…",
  },
  MAX_ASSOCIATED_PIXELS: {
    read: (count) => checkAssociatedSize({ width: count, height: 1 }),
    says: "more than 67108864",
  },
  MAX_VIEW_BYTES: {
    most: 40,
    read: (count) =>
      inFolder(async (folder) => {
        const path = `${folder}/a.geojson`;
        await Deno.writeTextFile(path, "[]".padEnd(count));
        await readObjects(path, { most: 40 });
      }),
    says: "at most 40 bytes",
  },
  MAX_SUMMARY_BYTES: {
    read: (count) =>
      inFolder(async (folder) => {
        const summary = JSON.stringify({
          slide: { name: "a" },
          objects: { count: 0 },
          tiles: { seen: 0 },
          positiveFraction: 0,
        });
        await Deno.writeTextFile(`${folder}/a.json`, summary.padEnd(count));
        const [found] = await findResults(folder, ["a"]);
        if (!found.summary) throw new Error("it is something else");
      }),
    says: "it is something else",
  },
  MAX_XML_LENGTH: {
    read: (count) => parseXml("<a/>".padEnd(count)),
    says: "characters, more than",
  },
  MAX_XML_DEPTH: {
    read: (count) => parseXml("<a>".repeat(count) + "</a>".repeat(count)),
    says: "nested elements",
  },
  MAX_INI_BYTES: {
    read: async (count) => {
      const text = "[Virtual Microscope Specimen]\n".padEnd(count);
      await using _ = await openSlide(new File([text], "a.vms"));
    },
    says: "bytes, more than",
  },
  MAX_JPEG_HEADER: {
    read: async (count) => {
      const size = { width: 64, height: 64 };
      const jpeg = await makeJpeg(smoothPicture(size), size);
      const { dataAt } = await readJpegHeader(
        blobSource(new Blob([new Uint8Array(jpeg)])),
        { offset: 0, length: jpeg.length },
      );
      const parts = [jpeg.slice(0, 2)];
      for (let rest = count - dataAt; rest > 0;) {
        // Application segments, none of which is too short.
        const length = rest > 2 ** 16 ? 2 ** 15 : rest;
        const segment = new Uint8Array(length);
        segment.set([0xff, 0xe2, (length - 2) >> 8, length - 2]);
        parts.push(segment);
        rest -= length;
      }
      const file = new Blob([...parts, jpeg.slice(2)]);
      const range = { offset: 0, length: file.size };
      await readJpegHeader(blobSource(file), range);
    },
    says: "its header has more than",
  },
  MAX_JPEG_RESTARTS: {
    read: (count) =>
      restartTiles({
        unit: { width: 8, height: 8 },
        interval: 1,
        isSequential: true,
      }, { width: 8 * count, height: 8 }),
    says: "restart intervals, more than",
  },
  MAX_TIFF_DIRECTORIES: {
    read: async (count) => {
      const file = await makeTiff(pages(count));
      await readTiffPages(blobSource(new Blob([file])));
    },
    says: "directories",
  },
  MAX_TIFF_READ: {
    // A BigTIFF; geotiff asks for 36 bytes for each entry of a directory.
    most: Math.floor(limits.MAX_TIFF_READ / 36) * 36,
    read: async (count) => {
      const file = new Uint8Array(16);
      file.set([0x49, 0x49, 43, 0, 8, 0, 0, 0, 16]);
      const head = new Uint8Array(8);
      const entries = Math.ceil(count / 36);
      new DataView(head.buffer).setBigUint64(0, BigInt(entries), true);
      const rest = new Uint8Array(count + 64);
      await readTiffPages(blobSource(new Blob([file, head, rest])));
    },
    says: "bytes, more than",
  },
  MAX_TIFF_VALUES: {
    read: async (count) => {
      const [page] = pages(1);
      const tags = { 324: new Uint8Array(count) };
      const tile = { width: 16, height: 16 };
      const file = await makeTiff([{ ...page, tile, tags }]);
      await using _ = await openSlide(new Blob([file]), { name: "a" });
    },
    says: "values, more than",
  },
  MAX_SIDE: {
    read: (width) => checkPage({ ...picture, width }, {}),
    says: "sides must be from 1 to",
  },
  MAX_BLOCK_BYTES: {
    read: (count) =>
      checkPage({
        ...picture,
        samples: 1,
        bits: [32],
        formats: [1],
        photometric: 1,
        blockWidth: 2 ** 12,
        blockHeight: Math.ceil(count / 4 / 2 ** 12),
      }, {}),
    says: "pixels, as they are decoded whole",
  },
  MAX_REGION_BYTES: {
    read: (count) =>
      checkRegion({ x: 0, y: 0, width: Math.ceil(count / 3), height: 1 }, {
        level: 0,
        fill: 0,
        slide: { name: "a", levels: [{ width: 1, height: 1, downsample: 1 }] },
      }),
    most: Math.floor(limits.MAX_REGION_BYTES / 3) * 3,
    says: "at most 2 GiB",
  },
  MAX_TILE_BYTES: {
    read: (count) => {
      const size = Math.ceil(Math.sqrt(count / 3));
      const [width, height] = [size, size];
      streamTiles(
        {
          ...{ name: "a", width, height },
          levels: [{ width, height, downsample: 1 }],
          readRegion: () => Promise.reject(new Error("never")),
        } as unknown as Parameters<typeof streamTiles>[0],
        {
          ...{ size, expansion: 0, downsample: 1 },
        },
      );
    },
    most: Math.floor(Math.sqrt(limits.MAX_TILE_BYTES / 3)) ** 2 * 3,
    says: "at most 1 GiB",
  },
  MAX_DEFLATE_RATIO: { read: decode(8), says: "block is too short" },
  MAX_LZW_RATIO: { read: decode(5), says: "block is too short" },
  MAX_PACKBITS_RATIO: { read: decode(32773), says: "block is too short" },
  MAX_RLE_RATIO: { read: decode(-5), says: "block is too short" },
  MAX_JPEG_SCANS: {
    read: async (count) => {
      const place = new URL("golden/pictures/ycbcr.jpg", import.meta.url);
      const jpeg = await Deno.readFile(place);
      const frame = jpeg.findIndex((byte, i) =>
        byte === 0xff && jpeg[i + 1] === 0xc0
      );
      jpeg[frame + 1] = 0xc2; // progressive
      const scan = Uint8Array.of(0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0);
      const file = new Blob([jpeg, ...Array(count - 1).fill(scan)]);
      await using slide = await openSlide(file, { name: "a" });
      await slide.readRegion({ x: 0, y: 0, width: 1, height: 1 });
    },
    says: "more than 100 scans",
  },
  MAX_JPEG2000_TILES: {
    read: (tiles) =>
      checkJpeg2000Size(
        {
          width: 16,
          height: 16,
          components: 1,
          bits: 8,
          subsampled: false,
          tiles,
        },
        {
          format: { ...format, compression: 34712 },
          width: 16,
          height: 16,
          maxHeight: 16,
        },
      ),
    says: "tiles, but the page says",
  },
  MAX_SAFETENSORS_HEADER: {
    read: (count) => {
      const file = new Uint8Array(8 + count).fill(32);
      new DataView(file.buffer).setBigUint64(0, BigInt(count), true);
      file.set(bytes("{}"), 8);
      readSafetensors(file);
    },
    says: "the header must fit",
  },
  MAX_TENSOR_AXES: {
    read: (count) => {
      const shape = Array(count).fill(1);
      const entry = { dtype: "U8", shape, data_offsets: [0, 1] };
      const header = bytes(JSON.stringify({ a: entry }));
      const file = new Uint8Array(8 + header.length + 1);
      file[0] = header.length % 256;
      file[1] = header.length >> 8;
      file.set(header, 8);
      readSafetensors(file);
      const storage = new TorchStorage("0", "u8", 1);
      const tensor = new TorchTensor(storage, "u8", 0, shape, shape);
      const storageBytes = () => new Uint8Array(1);
      materializeTensor(tensor, {
        key: "a",
        source: { subject: "a", storageBytes, copyBudget: 0 },
      });
    },
    says: "at most 64 sizes",
  },
  MAX_PICKLE_STEPS: {
    read: (count) => runPickle(opcodes("N0", count - 1), { subject: "a" }),
    says: "steps",
  },
  MAX_PICKLE_STACK: {
    read: (count) => runPickle(opcodes("N", count), { subject: "a" }),
    says: "values on the stack",
  },
  MAX_PICKLE_MEMO: {
    read: (count) => {
      const file = new Uint8Array(count + 3).fill(0x94);
      file[0] = 0x4e; // None, then count times MEMOIZE
      file.set(bytes("0."), count + 1);
      runPickle(file, { subject: "a" });
    },
    says: "in the memo",
  },
  MAX_PICKLE_INTEGER: {
    read: (count) =>
      pickled(
        Uint8Array.of(0x8b, count & 255, count >> 8, 0, 0),
        new Uint8Array(count),
        bytes("."),
      ),
    says: "integers must take at most",
  },
  MAX_PICKLE_DIGITS: {
    read: (count) => pickled(bytes(`I${"9".repeat(count)}\n.`)),
    says: "an integer must have at most",
  },
  MAX_GROWTH: {
    read: (count) => readZip(count - limits.MAX_GROWTH),
    says: "inflates too much",
  },
  MAX_ZIP_RATIO: {
    read: (count) => readZip(count > limits.MAX_ZIP_RATIO ? 1 : 0),
    says: "inflates too much",
  },
  MAX_COPY_RATIO: {
    read: (count) => {
      const file = new Uint8Array(10);
      assertEquals(
        copyBudget(file),
        limits.MAX_GROWTH + 10 * limits.MAX_COPY_RATIO,
      );
      const storage = new TorchStorage("0", "u8", 1);
      const tensor = new TorchTensor(storage, "u8", 0, [10 * count], [0]);
      materializeTensor(tensor, {
        key: "a",
        source: {
          subject: "a",
          storageBytes: () => new Uint8Array(1),
          copyBudget: copyBudget(file) - limits.MAX_GROWTH,
        },
      });
    },
    says: "not repeat its storage into more",
  },
  MAX_SERVER_WAIT: {
    read: async (wait) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("it waits")), 0);
      const attempt = () =>
        Promise.reject(new TransferError("busy", { passing: true, wait }));
      const { signal } = stop;
      await withRetries(attempt, { attempts: 2, backOff: 1, signal });
    },
    says: "asks to wait",
  },
};

/** Reads a zip entry that claims as much as it may inflate to, and `more`. */
function readZip(more: number): void {
  const content = crypto.getRandomValues(new Uint8Array(65536));
  const parts = { a: content, b: content };
  const archive = zipSync(parts, { level: 6 });
  const view = new DataView(archive.buffer);
  const budget = limits.MAX_GROWTH + limits.MAX_ZIP_RATIO * archive.length;
  // The ratio of deflate would refuse an entry this small, so it claims all bytes of the file as its own.
  const at = view.getUint32(archive.length - 6, true);
  view.setUint32(at + 20, 2 * 65536, true);
  view.setUint32(at + 24, budget + more, true);
  new ZipArchive(archive, "zip").read("a");
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-limits-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Each limit is named as its constant, has a reason, and has a test", () => {
  for (const [name, { most, what, why }] of limits.LIMITS) {
    assertEquals((limits as Record<string, unknown>)[name], most);
    assert(what !== "" && why !== "", name);
  }
  const tested = [...Object.keys(CASES), ...Object.keys(ELSEWHERE)];
  assertEquals(tested.toSorted(), [...limits.LIMITS.keys()].toSorted());
  for (const [name, path] of Object.entries(ELSEWHERE)) {
    const text = Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
    assert(text.includes(name), `${path} does not test ${name}`);
  }
});

for (const [name, { read, says, most }] of Object.entries(CASES)) {
  Deno.test(`${name} is accepted, and one more is refused`, async () => {
    const limit = most ?? limits.LIMITS.get(name)!.most;
    // What is accepted may fail for another reason: many of these are not whole files.
    const reached = await Promise.resolve().then(() => read(limit)).catch(
      String,
    );
    assert(!String(reached).includes(says), String(reached));
    await assertRejects(async () => await read(limit + 1), Error, says);
  });
}

Deno.test("A PNG of more pixels than the limit is refused by its header, and the error says how many", async () => {
  const most = Math.floor(Math.sqrt(limits.MAX_BLOCK_BYTES / 3));
  const png = await pngFile(
    { width: 1, height: 1, channels: 3 },
    new Uint8Array(3),
  );
  const sized = (side: number) => {
    const view = new DataView(png.buffer);
    view.setUint32(16, side);
    view.setUint32(20, side);
    return new Blob([png]);
  };
  await using slide = await openSlide(sized(most), { name: "at" });
  assertEquals(slide.width, most);
  await assertRejects(
    () => openSlide(sized(most + 1), { name: "beyond" }),
    RangeError,
    "at most 89478485 pixels, as they are decoded whole, received 9460×9460: save it as a tiled TIFF",
  );
});
