import { cannot, reasonOf } from "../../errors/cannot.ts";
import { MAX_XML_LENGTH } from "../../io/limits.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Folder } from "../folder.ts";
import type { Properties } from "../properties.ts";
import { readTiffPages } from "../tiff/read_tiff_pages.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendant, descendants, parseXml, type XmlElement } from "../xml.ts";
import type { SampleRange } from "./format.ts";
import {
  isPlausible,
  micrometersIn,
  parseNumber,
  type TiffFile,
  type TiffLayout,
} from "./layout.ts";
import { omePower, omeProperties } from "./ome_properties.ts";

/** The pictures that OME-XML describes. */
export interface OmeMetadata {
  /** The file that contains the metadata instead of this one. */
  readonly companion?: string;
  readonly images: readonly OmeImage[];
}

/** One picture, or one stack. */
export interface OmeImage {
  /** `image "label image"`, or by its place: `image 1`. */
  readonly title: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Samples per pixel, all channels together. */
  readonly samples: number;
  readonly slices: number;
  readonly times: number;
  /** The order of its planes, the fastest first: `XYCZT`. */
  readonly order: string;
  readonly channels: readonly OmeChannel[];
  readonly planes: readonly OmePlanes[];
  readonly scale: Pick<TiffLayout, "mpp" | "warnings">;
  readonly objectivePower?: TiffLayout["objectivePower"];
  readonly properties: Properties;
  /** The range of 16-bit samples with fewer significant bits. */
  readonly sampleRange?: SampleRange;
}

/** One channel; it has several samples if it is RGB. */
export interface OmeChannel {
  readonly name: string;
  readonly samples: number;
  /** `ff0000` for red; missing if not given, or white. */
  readonly color?: string;
  readonly isFluorescent: boolean;
}

/** Consecutive planes of one file, from OME's TiffData. */
export interface OmePlanes {
  /** The file's name; `undefined` for the file that contains the metadata. */
  readonly file?: string;
  /** The first page; `undefined` if the pages follow those of the images before. */
  readonly firstPage?: number;
  readonly firstChannel: number;
  readonly firstSlice: number;
  readonly firstTime: number;
  /** Number of planes; `undefined` for all. */
  readonly count?: number;
}

/**
 * Reads where the pictures of OME-XML are and what they are.
 *
 * Source: OME schema 2016-06: BinaryOnly, Image, Pixels, Channel, TiffData, UUID, Objective.
 *
 * @throws {SyntaxError} If the XML is damaged.
 */
export function parseOme(text: string): OmeMetadata {
  const root = parseXml(text);
  const companion = descendant(root, "BinaryOnly")?.attributes.MetadataFile;
  const images = [...descendants(root, "Image")].flatMap((image, i) => {
    const pixels = descendant(image, "Pixels");
    return pixels ? [toImage(image, pixels, { root, i })] : [];
  });
  return { companion, images };
}

function toImage(
  image: XmlElement,
  pixels: XmlElement,
  { root, i }: { root: XmlElement; i: number },
): OmeImage {
  const of = pixels.attributes;
  const count = (name: string) => parseNumber(of[name]) ?? 1;
  const name = image.attributes.Name ?? "";
  const bits = parseNumber(of.SignificantBits);
  return {
    title: name ? `image ${i} "${name}"` : `image ${i}`,
    name,
    width: count("SizeX"),
    height: count("SizeY"),
    samples: count("SizeC"),
    slices: count("SizeZ"),
    times: count("SizeT"),
    order: of.DimensionOrder ?? "XYCZT",
    channels: [...descendants(pixels, "Channel")].map(toChannel),
    planes: [...descendants(pixels, "TiffData")].map(toPlanes),
    scale: toScale(of),
    objectivePower: omePower(image, root),
    properties: omeProperties(image, root),
    sampleRange: of.Type === "uint16" && bits && bits > 8 && bits < 16
      ? { min: 0, max: 2 ** bits - 1, source: `OME's SignificantBits ${bits}` }
      : undefined,
  };
}

function toChannel(channel: XmlElement): OmeChannel {
  const of = channel.attributes;
  const color = parseNumber(of.Color);
  // Red, green, blue and alpha, a byte each, as a signed number; -1 is white, the default.
  const rgb = color === undefined || color === -1
    ? undefined
    : (color >>> 8).toString(16).padStart(6, "0");
  return {
    name: of.Name ?? "",
    samples: parseNumber(of.SamplesPerPixel) ?? 1,
    color: rgb,
    isFluorescent: of.Fluor !== undefined ||
      of.EmissionWavelength !== undefined ||
      of.ExcitationWavelength !== undefined ||
      of.ContrastMethod === "Fluorescence",
  };
}

function toPlanes(data: XmlElement): OmePlanes {
  const of = data.attributes;
  const firstPage = parseNumber(of.IFD);
  return {
    file: descendant(data, "UUID")?.attributes.FileName,
    firstPage,
    firstChannel: parseNumber(of.FirstC) ?? 0,
    firstSlice: parseNumber(of.FirstZ) ?? 0,
    firstTime: parseNumber(of.FirstT) ?? 0,
    count: parseNumber(of.PlaneCount) ??
      (firstPage === undefined ? undefined : 1),
  };
}

function toScale(of: XmlElement["attributes"]): OmeImage["scale"] {
  const axis = (name: string) => {
    const text = of[`PhysicalSize${name}`];
    const unit = of[`PhysicalSize${name}Unit`] ?? "µm";
    const size = parseNumber(text);
    const micrometers = micrometersIn(unit);
    const mpp = size === undefined || micrometers === undefined
      ? undefined
      : size * micrometers;
    return { mpp, said: text === undefined ? undefined : `${text} ${unit}` };
  };
  const [x, y] = [axis("X"), axis("Y")];
  if (isPlausible(x.mpp) && isPlausible(y.mpp)) {
    const source = `OME's PhysicalSizeX ${x.said}, PhysicalSizeY ${y.said}`;
    return { mpp: { x: x.mpp, y: y.mpp, source } };
  }
  if (x.said === undefined && y.said === undefined) return {};
  const said = `${x.said ?? "none"} by ${y.said ?? "none"}`;
  return {
    warnings: [
      `its OME-XML gives pixels a size of ${said}, which is not a valid scale: ignored`,
    ],
  };
}

/**
 * Reads a file's OME metadata: its own, or its companion's.
 *
 * Source: the OME-TIFF specification, companion files.
 */
export async function readOme(file: TiffFile): Promise<OmeMetadata> {
  const own = parseOme(file.metadata ?? file.pages[0].description);
  if (own.companion === undefined) return own;
  const companion = await openBeside(file.folder, own.companion);
  if (companion.size > MAX_XML_LENGTH) {
    throw cannot(
      "read OME metadata",
      `its companion file has ${companion.size} bytes, more than ${MAX_XML_LENGTH}`,
      { kind: RangeError },
    );
  }
  const bytes = await companion.read(0, companion.size);
  return parseOme(new TextDecoder().decode(bytes));
}

/**
 * Gathers the pages of an image, channel by channel, from all its files.
 *
 * Source: the OME-TIFF specification, TiffData and multi-file OME-TIFF.
 *
 * @param firstPage First page of planes whose TiffData gives no number.
 * @throws {TypeError} If the files cannot be reached.
 * @throws {RangeError} If a plane is missing.
 */
export async function gatherPages(
  file: TiffFile,
  image: OmeImage,
  { firstPage }: { readonly firstPage: number },
): Promise<readonly TiffPage[]> {
  const { folder, pages, signal } = file;
  const channels = planesOf(image);
  const names = new Set(image.planes.map(({ file }) => file));
  // A single file is this one, whatever its name was when it was written.
  const isAlone = pages.length > 0 && names.size <= 1;
  const known = new Map<string | undefined, readonly TiffPage[]>();
  if (pages.length > 0) known.set(undefined, pages).set(file.fileName, pages);
  const found: TiffPage[] = [];
  const rows = image.planes.length > 0 ? image.planes : [FIRST_PLANE];
  for (const row of rows) {
    signal?.throwIfAborted();
    const all = isAlone ? pages : known.get(row.file) ??
      await readTiffPages(await openBeside(folder, row.file ?? ""), {
        signal,
      });
    known.set(row.file, all);
    const start = row.firstPage ?? firstPage;
    const most = channels * image.slices * image.times;
    const count = Math.min(row.count ?? most, most);
    const rest = all.slice(Math.max(0, start), Math.max(0, start + count));
    for (const [i, page] of rest.entries()) {
      const channel = channelOf(i, row, image);
      if (channel < channels) found[channel] ??= page;
    }
  }
  // An interleaved picture has one page for all channels, whatever the metadata say.
  const wanted = found[0] && found[0].samples === image.samples ? 1 : channels;
  for (let channel = 0; channel < wanted; channel++) {
    if (found[channel]) continue;
    throw cannot(
      "read OME metadata",
      `its OME metadata name no page for channel ${channel}`,
      { kind: RangeError },
    );
  }
  return found.slice(0, wanted);
}

/** The whole of a file without TiffData. */
const FIRST_PLANE: OmePlanes = { firstChannel: 0, firstSlice: 0, firstTime: 0 };

/** The channel of a plane of the first slice and time, counted from the first of its TiffData; infinity for other planes. */
function channelOf(
  i: number,
  { firstChannel, firstSlice, firstTime }: OmePlanes,
  image: OmeImage,
): number {
  const sizes = { C: planesOf(image), Z: image.slices, T: image.times };
  const firsts = { C: firstChannel, Z: firstSlice, T: firstTime };
  const axes = (["C", "Z", "T"] as const)
    .toSorted((a, b) => image.order.indexOf(a) - image.order.indexOf(b));
  // A single plane, or a picture without a stack: all are channels.
  if (image.slices * image.times === 1) return firstChannel + i;
  let at = 0;
  let step = 1;
  for (const axis of axes) {
    at += firsts[axis] * step;
    step *= sizes[axis];
  }
  at += i;
  const place = { C: 0, Z: 0, T: 0 };
  for (const axis of axes) {
    place[axis] = at % sizes[axis];
    at = Math.floor(at / sizes[axis]);
  }
  return place.Z === 0 && place.T === 0 ? place.C : Infinity;
}

/** Number of planes of an image's channels. */
export function planesOf({ channels, samples }: OmeImage): number {
  const known = channels.reduce((sum, channel) => sum + channel.samples, 0);
  return known === samples ? channels.length : samples;
}

async function openBeside(folder: Folder, name: string): Promise<ByteSource> {
  // Metadata are untrusted: they may only name files in the folder.
  if (name === "" || name === ".." || /[\\/]/.test(name)) {
    throw cannot(
      "read OME metadata",
      `its OME metadata must name files in its own folder, not "${name}"`,
      { kind: TypeError },
    );
  }
  try {
    return await folder.open(name);
  } catch (cause) {
    throw cannot(
      "read OME metadata",
      `its file "${name}" cannot be opened: ${reasonOf(cause)}`,
      { kind: TypeError, cause },
    );
  }
}
