// Hamamatsu's NDPI and VMS.
import { openSlide } from "../../../src/slide/open_slide.ts";
import {
  makeJpeg,
  makeNdpi,
  makeRestartJpeg,
  type NdpiPage,
  smoothPicture,
} from "../../helpers/make_ndpi.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateText, toBytes } from "../mutate/text.ts";
import { mutateTiff } from "../mutate/tiff.ts";
import type { Bytes, Mutate, Reader } from "../reader.ts";
import { readCorners } from "./slides.ts";

const size = { width: 250, height: 60 };
const small = { width: 64, height: 64 };

async function ndpis(): Promise<Bytes[]> {
  const made = await makeRestartJpeg(smoothPicture(size), size, { tile: 128 });
  const jpeg = await makeJpeg(smoothPicture(small), small);
  const page: NdpiPage = { ...size, ...made };
  return [
    makeNdpi([page, { ...small, jpeg, lens: 10 }, {
      ...small,
      jpeg,
      lens: -1,
    }]),
    makeNdpi([{ ...page, focus: 500 }, { ...page, starts: undefined }]),
    makeNdpi([{ ...small, jpeg, tags: { 65449: "A=B\r\nC=D" } }]),
  ];
}

/** Changes the markers, sizes and intervals of a JPEG, wherever it lies in the file. */
const mutateMarkers: Mutate = (input, dice) => {
  const found: number[] = [];
  for (
    let at = input.indexOf(0xff);
    at >= 0;
    at = input.indexOf(0xff, at + 1)
  ) {
    if (input[at + 1] >= 0xc0) found.push(at);
  }
  if (found.length === 0) return damageBytes(input, dice);
  const copy = input.slice();
  const at = dice.pick(found);
  if (dice.once(2)) copy[at + 1] = dice.pick([0, 0xc2, 0xd0, 0xd5, 0xd9, 0xda]);
  else copy[at + 2 + dice.roll(10)] = dice.pick([0, 1, 8, 16, 255]);
  return copy;
};

const GROUP = "[Virtual Microscope Specimen]\r\n";
const WORDS = [
  ...[
    "NoJpegColumns=",
    "NoJpegRows=",
    "ImageFile",
    "ImageFile(1,0)=",
    "=",
    ",",
  ],
  ...["a.jpg", "b.jpg", "missing.jpg", "../a.jpg", "a.vms", "MapFile=a.jpg"],
  ...["ImageFile(1,0,0)=", "MacroImage=b.jpg", "PhysicalWidth=", "\r\n", "("],
];

let parts: Promise<File[]> | undefined;

/** The JPEGs that a VMS file names. */
async function makeParts(): Promise<File[]> {
  const { jpeg } = await makeRestartJpeg(smoothPicture(size), size, {
    tile: 128,
  });
  const other = await makeJpeg(smoothPicture(small), small);
  return Object.entries({ "a.jpg": jpeg, "b.jpg": other })
    .map(([name, bytes]) => new File([new Uint8Array(bytes)], name));
}

const vms: Reader = {
  name: "hamamatsu_vms",
  corpus: () =>
    ["", "MapFile=b.jpg\r\nMacroImage=b.jpg\r\n"].map((more) =>
      toBytes(
        `${GROUP}NoLayers=1\r\nNoJpegColumns=2\r\nNoJpegRows=1\r\nImageFile=a.jpg\r\nImageFile(1,0)=a.jpg\r\nPhysicalWidth=25000\r\nPhysicalHeight=3000\r\n${more}`,
      )
    ),
  mutate: [mutateText(WORDS)],
  async read(input) {
    const files = await (parts ??= makeParts());
    await using slide = await openSlide([new File([input], "a.vms"), ...files]);
    await slide.readRegion({ x: 0, y: 0, width: 64, height: 64 });
  },
};

const jpegs: Reader = {
  name: "hamamatsu_vms_jpeg",
  corpus: async () =>
    await Promise.all(
      (await makeParts()).map(async (file) =>
        new Uint8Array(await file.arrayBuffer())
      ),
    ),
  mutate: [mutateMarkers],
  async read(input) {
    const files = [
      new File([`${GROUP}ImageFile=a.jpg\r\n`], "a.vms"),
      new File([input], "a.jpg"),
    ];
    await using slide = await openSlide(files);
    const width = Math.min(64, slide.width);
    const height = Math.min(64, slide.height);
    await slide.readRegion({ x: 0, y: 0, width, height });
  },
};

export const HAMAMATSU_READERS: readonly Reader[] = [
  {
    name: "hamamatsu_ndpi",
    corpus: ndpis,
    mutate: [mutateTiff(), mutateMarkers],
    read: (input) => readCorners(new Blob([input])),
  },
  vms,
  jpegs,
];
