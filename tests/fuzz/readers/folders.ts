// Slides that are several files.
import { openSlide } from "../../../src/slide/open_slide.ts";
import { filesOf, makeMrxs } from "../../helpers/make_mrxs.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateFiles, packFiles, unpackFiles } from "../mutate/folder.ts";
import { mutateText } from "../mutate/text.ts";
import type { Bytes, Reader } from "../reader.ts";
import { readSlideCorners } from "./slides.ts";

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
];
