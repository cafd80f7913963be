// Slides that are several files, or one of many segments.
import { readJpegXrHeader } from "../../../src/slide/codecs/jpeg_xr.ts";
import { openSlide } from "../../../src/slide/open_slide.ts";
import { cziXml, makeCzi, storedZstd, toBgr } from "../../helpers/make_czi.ts";
import { filesOf, makeMrxs } from "../../helpers/make_mrxs.ts";
import { BGR24, GRAY16, GRAY8, LOSSY } from "../../helpers/jpeg_xr_streams.ts";
import { noise } from "../../helpers/noise.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateFiles, packFiles, unpackFiles } from "../mutate/folder.ts";
import { mutateText } from "../mutate/text.ts";
import type { Bytes, Reader } from "../reader.ts";
import { readCorners, readSlideCorners } from "./slides.ts";

const SLIDEDAT_WORDS = [
  ...["[GENERAL]", "[HIERARCHICAL]", "[LEVEL_0]", "=", "\r\n", "\n1e9", "-1"],
  ...["IMAGENUMBER_X = 9999", "CameraImageDivisionsPerSide = 3", "0.5", "NaN"],
  ...["HIER_0_COUNT = 30", "IMAGE_CONCAT_FACTOR = 9", "OVERLAP_X = 11.5"],
  ...["IMAGE_FORMAT = PNG", "DIGITIZER_WIDTH = 1", "NONHIER_COUNT = 0"],
];

const PLACES = [[0, 1], [19, 0], [-2, 19], [22, 17]] as const;

async function mrxs(): Promise<Bytes[]> {
  const specs = [
    { places: PLACES, levels: 3 },
    { places: PLACES, deflated: true, kind: "PNG", missing: [1] },
    { divisions: 1, levels: 1 },
  ] as const;
  const files = await Promise.all(specs.map((spec) => makeMrxs(spec)));
  return files.map(packFiles);
}

function czi(): Bytes[] {
  const block = { width: 8, height: 6, data: toBgr(noise(8, 6)) };
  const blocks = [
    { ...block, x: -5, y: 3, order: 1, scene: 0, more: { C: [0, 1] } },
    { ...block, x: 2, y: 4, order: 0, scene: 0 },
    {
      ...{ ...block, x: -5, y: 3, downsample: 2, scene: 0, compression: 5 },
      data: storedZstd(block.data),
    },
  ] as const;
  const nested = makeCzi({ blocks: blocks.slice(0, 1) });
  return [
    makeCzi({
      blocks,
      xml: cziXml([16, 12]),
      attachments: [{ name: "SlidePreview", kind: "CZI", data: nested }],
    }),
    makeCzi({
      blocks: [{
        ...{ ...block, x: 0, y: 0, pixelType: 4, compression: 6 },
        data: Uint8Array.from([
          ...[3, 1, 1],
          ...storedZstd(noise(16, 6)),
        ]),
      }],
    }),
  ];
}

/** A CZI of one block of JPEG XR, of the size and the kind of pixels that its header says, if they are small. */
function cziAround(data: Bytes): Bytes {
  let header: ReturnType<typeof readJpegXrHeader>;
  try {
    header = readJpegXrHeader(data);
  } catch {
    header = undefined; // as the CZI will say
  }
  const { width = 7, height = 5, pixelFormat = 12 } = header ?? {};
  const pixelType = { 8: 0, 11: 1 }[pixelFormat] ?? 3;
  const size = { width: Math.min(width, 64), height: Math.min(height, 64) };
  const block = { x: 0, y: 0, ...size, pixelType, compression: 4, data };
  return makeCzi({ blocks: [block] });
}

export const FOLDER_READERS: readonly Reader[] = [
  {
    name: "mrxs",
    corpus: mrxs,
    mutate: [
      mutateFiles([
        [/\.ini$/, mutateText(SLIDEDAT_WORDS)],
        [/\.dat$/, damageBytes],
      ]),
    ],
    async read(input) {
      const files = filesOf(unpackFiles(input));
      await readSlideCorners(await openSlide(files, { threads: 0 }));
    },
  },
  {
    name: "czi",
    corpus: czi,
    read: (input) => readCorners(new Blob([input])),
  },
  {
    name: "jpeg_xr",
    corpus: () => [BGR24, GRAY8, GRAY16, LOSSY],
    mutate: [damageBytes],
    read: (input) => readCorners(new Blob([cziAround(input)])),
  },
];
