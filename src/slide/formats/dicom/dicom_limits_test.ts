import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Attributes,
  makeDicom,
} from "../../../../tests/helpers/make_dicom.ts";
import * as limits from "../../../io/limits.ts";
import { blobSource } from "../../byte_source.ts";
import { NotFound } from "../../folder.ts";
import { DicomWeb } from "../../remote/dicom_web.ts";
import { TransferError } from "../../remote/with_retries.ts";
import { Cursor } from "./cursor.ts";
import { FramePlaces } from "./frame_places.ts";
import { describeInstance } from "./instance.ts";
import { readHeader } from "./read_header.ts";
import { openSeries } from "./series.ts";
import { sparseMap } from "./tile_map.ts";

const read = (attributes: Attributes) =>
  readHeader(blobSource(new Blob([makeDicom({ attributes, syntax: "" })])));

Deno.test("Cursor passes over no more than a header may have", async () => {
  const size = limits.MAX_DICOM_HEADER + 2 ** 19;
  const cursor = new Cursor({
    size,
    read: (_, length) => Promise.resolve(new Uint8Array(length)),
    close: () => Promise.resolve(),
  });
  const step = 2 ** 18;
  for (let at = 0; at < limits.MAX_DICOM_HEADER; at += step) {
    cursor.at = at;
    await cursor.fill(step);
    cursor.take(step);
  }
  await cursor.fill(1);
  cursor.take(1);
  cursor.at = size - 1;
  await assertRejects(() => cursor.fill(1), RangeError, "bytes before its");
});

Deno.test("readHeader() reads sequences up to a depth, of so many items", async () => {
  const nested = (depth: number): Attributes =>
    depth === 0 ? {} : { OpticalPathSequence: [nested(depth - 1)] };
  await read(nested(limits.MAX_DICOM_DEPTH));
  await assertRejects(
    () => read(nested(limits.MAX_DICOM_DEPTH + 1)),
    RangeError,
    "nested more than 16 deep",
  );
  const items = (count: number): Attributes => ({
    OpticalPathSequence: Array(count).fill({}),
  });
  await read(items(limits.MAX_DICOM_ITEMS));
  await assertRejects(
    () => read(items(limits.MAX_DICOM_ITEMS + 1)),
    RangeError,
    "more than 4096 items",
  );
});

Deno.test("readHeader() keeps values up to a length", async () => {
  const text = "a".repeat(limits.MAX_DICOM_VALUE);
  await read({ Manufacturer: text });
  await assertRejects(
    () => read({ Manufacturer: `${text}aa` }),
    RangeError,
    "has 65538 bytes, more than 65536",
  );
});

Deno.test("FramePlaces.add() takes so many frames", () => {
  const places = new FramePlaces();
  const none = new Map();
  for (let i = 0; i < limits.MAX_DICOM_FRAMES; i++) places.add(none);
  assertEquals(places.count, limits.MAX_DICOM_FRAMES);
  assertThrows(() => places.add(none), RangeError, "more than 4194304 frames");
});

Deno.test("describeInstance() takes so many frames and tiles", async () => {
  const describe = async (frames: number, [columns, rows]: number[]) => {
    const { dataset, places } = (await read({
      ...{ SOPClassUID: "1.2.840.10008.5.1.4.1.1.77.1.6" },
      ...{ SOPInstanceUID: "1", SeriesInstanceUID: "2", Rows: 1, Columns: 1 },
      NumberOfFrames: `${frames}`,
      TotalPixelMatrixColumns: columns,
      TotalPixelMatrixRows: rows,
    }))!;
    const openFrames = () => Promise.reject(new Error("never"));
    return describeInstance({
      ...{ dataset, places, openFrames },
      ...{ name: "a", syntax: "1" },
    });
  };
  const side = Math.sqrt(limits.MAX_DICOM_TILES);
  await describe(limits.MAX_DICOM_FRAMES, [side, side]);
  const [frames, tiles] = [limits.MAX_DICOM_FRAMES + 1, [side, side + 1]];
  await assertRejects(() => describe(frames, [9, 9]), RangeError, "at most");
  await assertRejects(() => describe(9, tiles), RangeError, "16777216 tiles");
});

Deno.test("sparseMap() takes so many frames in the area of one", () => {
  const pile = (count: number) =>
    sparseMap({ width: 64, height: 64 }, {
      tile: { width: 64, height: 64 },
      count,
      at: (frame) => [frame, 0],
    });
  pile(limits.MAX_DICOM_PILE);
  assertThrows(
    () => pile(limits.MAX_DICOM_PILE + 1),
    RangeError,
    "17 of its frames begin within the area of one, more than 16",
  );
});

Deno.test("openSeries() looks among so many files", async () => {
  const look = (count: number) => {
    const names = Array.from({ length: count }, (_, i) => `${i}.dcm`);
    return openSeries({
      source: blobSource(new Blob([])),
      ...{ head: new Uint8Array(), fileName: "a", isFolder: true },
      entries: [...names, "notes.txt", ".hidden"],
      folder: {
        list: () => Promise.resolve(names),
        open: () => Promise.reject(new NotFound("gone")),
        read: () => Promise.resolve(undefined),
      },
    });
  };
  const most = limits.MAX_DICOM_FILES;
  await assertRejects(() => look(most), TypeError, "no whole-slide image");
  await assertRejects(() => look(most + 1), RangeError, "has 4097 files");
});

Deno.test("DicomWeb.readMetadata() takes so many bytes", async () => {
  let length = limits.MAX_DICOMWEB_METADATA;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("[]".padEnd(length)),
  );
  try {
    const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
    const web = new DicomWeb(url, { attempts: 1 });
    assertEquals(await web.readMetadata(), []);
    length++;
    const refused = assertRejects(() => web.readMetadata(), TransferError);
    const { message } = await refused;
    assertEquals(message, "its server sent more than 67108864 bytes");
    await web.close();
  } finally {
    await server.shutdown();
  }
});
