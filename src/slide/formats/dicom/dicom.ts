import { cannot } from "../../../errors/cannot.ts";
import { readJpegStream } from "../../codecs/jpeg_stream.ts";
import type {
  AssociatedPicture,
  ChannelContents,
  FileFormat,
  FileHandle,
  FindOptions,
  Scale,
  SlideContents,
  SlideFile,
  StoredLevel,
} from "../format.ts";
import { isPlausible } from "../layout.ts";
import { type Keyword, numberOf, textOf, textsOf } from "./dataset.ts";
import { type DicomInstance, powerOf } from "./instance.ts";
import { BESIDE, type DicomLayout, joinParts, layOut } from "./levels.ts";
import {
  checkPicture,
  describeStored,
  type DicomPicture,
  mapTiles,
  openDicomBlocks,
} from "./picture.ts";
import { isDicom } from "./read_header.ts";
import { openWebSeries } from "./web_series.ts";
import { type DicomSeries, isDicomFolder, openSeries } from "./series.ts";

/**
 * DICOM whole-slide images: a series, whose files are levels, parts of them, and the pictures beside the slide.
 *
 * Source: DICOM PS3.3, A.32.8 (VL Whole Slide Microscopy Image); the notes of OpenSlide, wsidicom and the Imaging Data
 * Commons, and their public issues.
 */
export const DICOM: FileFormat = {
  detect({ head, fileName, isFolder, entries = [], web }: FileHandle): boolean {
    if (web) return true;
    if (isFolder) return isDicomFolder(entries);
    // A file may be TIFF and DICOM at once: then its name tells which was meant.
    return isDicom(head) && !/\.tiff?$/i.test(fileName);
  },
  read: async (file) =>
    dicomSlide(
      file.web
        ? await openWebSeries(file.web, file.signal)
        : await openSeries(file),
    ),
};

/** A series as a slide. */
export function dicomSlide(
  { instances, ignored, warnings }: DicomSeries,
): SlideFile {
  return {
    format: "DICOM whole-slide image",
    pictures: instances.map((instance) => {
      const { width, height } = instance.tile;
      return {
        picture: describeStored([instance]),
        arrangement: `${instance.frames} frames of ${width}×${height}`,
      };
    }),
    findChannels({ page }): Promise<ChannelContents> {
      const layout = page === undefined
        ? layOut(joinParts(instances))
        : onePicture(instances, page);
      const [{ picture }] = layout.levels;
      checkPicture(picture, { sample: 0 });
      const levels = layout.levels.map(toStored);
      const inverted = picture.stored.photometric === 0;
      return Promise.resolve({
        channels: [{ levels, inverted }],
        mpp: scaleOf(picture).mpp,
        associated: layout.beside.map(toAssociated),
        warnings: [...warnings, ...layout.warnings],
      });
    },
    async findSlide({ page, mask }: FindOptions): Promise<SlideContents> {
      const layout = page === undefined
        ? layOut(joinParts(instances))
        : onePicture(instances, page);
      const [{ picture }] = layout.levels;
      checkPicture(picture, { mask });
      const scale = scaleOf(picture);
      const power = powerOf(picture.parts[0]);
      return {
        levels: layout.levels.map(toStored),
        associated: layout.beside.map(toAssociated),
        mpp: scale.mpp,
        objectivePower: power === undefined
          ? undefined
          : { value: power, source: "ObjectiveLensPower" },
        properties: propertiesOf(picture.parts[0]),
        ignored: [...ignored, ...layout.ignored],
        warnings: [
          ...warnings,
          ...layout.warnings,
          ...scale.warnings,
          ...await checkColors(picture),
        ],
      };
    },
  };
}

function toStored(
  { picture, width, height, downsample }: DicomLayout["levels"][number],
): StoredLevel {
  const map = () => mapTiles(picture);
  return {
    ...{ width, height, downsample, picture: picture.stored },
    openBlocks(options) {
      checkPicture(picture, options);
      return openDicomBlocks(picture, { map: map(), options });
    },
    countMissing: () => Promise.resolve(map().missing),
  };
}

function toAssociated(
  picture: DicomLayout["beside"][number],
): AssociatedPicture {
  return {
    name: BESIDE[picture.parts[0].role],
    page: picture.stored,
    openBlocks() {
      checkPicture(picture);
      return openDicomBlocks(picture, { map: mapTiles(picture), options: {} });
    },
  };
}

/** A picture that the caller chose, as a slide of one level. */
function onePicture(
  instances: readonly DicomInstance[],
  page: number,
): DicomLayout {
  const chosen = instances[page];
  if (!chosen) {
    throw cannot(
      "find the slide",
      `its series has pictures 0 to ${instances.length - 1}`,
      { received: page, kind: RangeError },
    );
  }
  const parts = instances.filter((each) =>
    each === chosen || chosen.concatenation !== undefined &&
      each.concatenation?.uid === chosen.concatenation.uid
  );
  const [picture] = joinParts(parts);
  const { width, height } = picture.stored;
  return {
    levels: [{ picture, width, height, downsample: 1 }],
    beside: [],
    ignored: [],
    warnings: [],
  };
}

/** Micrometers per pixel: the spacing of pixels, or the size of what was imaged. */
function scaleOf(
  { parts: [{ dataset, spacing, matrix, places }] }: DicomPicture,
): { readonly mpp?: Scale; readonly warnings: readonly string[] } {
  const [row, column] = spacing ?? [NaN, NaN];
  if (isPlausible(row * 1000) && isPlausible(column * 1000)) {
    const [x, y] = [column, row].map(micrometers);
    return { mpp: { x, y, source: "PixelSpacing" }, warnings: [] };
  }
  const why = spacing
    ? `its pixel spacing of ${row}\\${column} mm is no microscope's`
    : places.spacings.size > 1
    ? "its frames have different pixel spacings"
    : "it has no pixel spacing";
  const x = (numberOf(dataset, "ImagedVolumeWidth") ?? NaN) / matrix.width;
  const y = (numberOf(dataset, "ImagedVolumeHeight") ?? NaN) / matrix.height;
  if (!isPlausible(x * 1000) || !isPlausible(y * 1000)) {
    return { warnings: [why] };
  }
  const source = "ImagedVolumeWidth, ImagedVolumeHeight";
  return {
    mpp: { x: micrometers(x), y: micrometers(y), source },
    warnings: [`${why}: the size of what was imaged is used`],
  };
}

/** Millimeters as micrometers, without the digits that the multiplication adds. */
function micrometers(millimeters: number): number {
  return Number((millimeters * 1000).toPrecision(12));
}

/** What is said of the slide and its pixels, and nothing of the patient. */
const PROPERTIES: readonly Keyword[] = [
  ...["Manufacturer", "ManufacturerModelName", "SoftwareVersions"] as const,
  ...["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"] as const,
  ...["TransferSyntaxUID", "ImageType", "Modality"] as const,
  ...["PhotometricInterpretation", "DimensionOrganizationType"] as const,
  ...["LossyImageCompression", "LossyImageCompressionMethod"] as const,
  ...["ImagedVolumeWidth", "ImagedVolumeHeight"] as const,
];

function propertiesOf(instance: DicomInstance): Record<string, string> {
  const { dataset } = instance;
  const found = PROPERTIES.map((keyword): [string, string] => [
    `dicom.${keyword}`,
    textsOf(dataset, keyword).join("\\"),
  ]);
  const power = powerOf(instance);
  return Object.fromEntries([
    ...found.filter(([, value]) => value !== ""),
    ...power === undefined ? [] : [["dicom.ObjectiveLensPower", String(power)]],
    ...instance.spacing
      ? [["dicom.PixelSpacing", instance.spacing.join("\\")]]
      : [],
  ]);
}

/** Warns of frames whose own headers contradict what is said of their colors. */
async function checkColors(
  { parts: [instance], stored }: DicomPicture,
): Promise<string[]> {
  if (stored.samples !== 3 || stored.compression !== 7) return [];
  const frames = await instance.openFrames();
  const { adobe } = readJpegStream(await frames.read(0));
  const said = textOf(instance.dataset, "PhotometricInterpretation");
  const isRgb = stored.photometric === 2;
  if (adobe === undefined || (adobe === 0) === isRgb) return [];
  return [
    `its JPEG data say that their colors are ${
      adobe === 0 ? "RGB" : "YCbCr"
    }, and its header says ${said}, which is used`,
  ];
}
