import { colorsOf, type MaskClass } from "../../io/classes.ts";
import { expectBand, type MaskBand, type MaskSink } from "../mask_band.ts";
import { type Producer, producerText } from "../run_record.ts";
import { createTiffWriter, type TiffWriter } from "./tiff_writer.ts";

/**
 * Options for {@linkcode TiffSink}.
 *
 * @category Sinks
 */
export interface TiffSinkOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** Micrometers per pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Tile size of the file in pixels, a multiple of 16. Default: 512, or what fits in the slide. */
  readonly tileSize?: number;
  /** The image's name in the file, for example the slide's. */
  readonly name?: string;
  /** Which values of the bands are written. Default: the mask's. */
  readonly content?: "mask" | "probability";
  /** The classes, if there are several: a mask has their numbers and a palette of their colors. Default: one. */
  readonly classes?: readonly MaskClass[];
  /** The class whose probability is written, from 1, if there are several. */
  readonly class?: number;
  /** The run: the OME-XML's `Creator`. Default: "Tilewise" alone. */
  readonly producer?: Producer;
}

/** Rows converted from 0 and 1 to 0 and 255 at a time. */
const ROWS = 16;

/**
 * Writes a mask as a tiled, deflated, pyramidal 8-bit BigTIFF of the slide's size: 0 is background, 255 foreground; or the
 * probability map, 0 to 255 for 0 to 1. With several classes, the mask has their numbers, from 1, and a palette of their colors;
 * their names are in the channel's name and in an annotation of key-value pairs, which Bio-Formats, QuPath and OMERO read. It is an OME-TIFF; tifffile, OpenSlide, Bio-Formats and QuPath find its levels.
 *
 * A pixel of a smaller level of the mask is foreground if any of its four pixels in the larger level is: the values stay 0 and
 * 255, and no object vanishes, however thin; of several classes, it belongs to that of most of the four. Probabilities are means. Memory holds a row of tiles of each level. Deno only.
 *
 * @example
 * ```ts
 * import { TiffSink, writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".mask.tif" });
 * await writeBands(bands(), [new TiffSink(path, { width: 2, height: 1 })]);
 * await Deno.remove(path);
 * ```
 *
 * @category Sinks
 */
export class TiffSink implements MaskSink {
  readonly #path: string;
  readonly #options: TiffSinkOptions;
  #writer: TiffWriter | undefined;
  #rows = new Uint8Array(0);
  #y = 0;

  /**
   * Makes a sink; {@linkcode TiffSink.open} opens the file.
   *
   * @param path The file, usually `NAME.mask.tif` or `NAME.probability.tif`.
   */
  constructor(path: string, options: TiffSinkOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Opens the file. */
  async open(): Promise<void> {
    const { width, height, name = "", content = "mask", mpp, producer } = this
      .#options;
    const { classes = [] } = this.#options;
    const several = content === "mask" && classes.length > 1;
    const shown = classes[(this.#options.class ?? 0) - 1]?.name;
    this.#writer = await createTiffWriter(this.#path, {
      ...this.#options,
      samples: 1,
      palette: several ? ["#000000", ...colorsOf(classes)] : undefined,
      pyramid: several ? "class" : content === "mask" ? "max" : "mean",
      description: omeXml({
        name,
        width,
        height,
        mpp,
        channel: several
          ? `Classes: 0 background, ${
            classes.map(({ name }, i) => `${i + 1} ${name}`).join(", ")
          }`
          : content === "mask"
          ? "Mask: 0 background, 255 foreground"
          : `Probability${
            shown === undefined ? "" : ` of ${shown}`
          }: 0 to 255 for 0 to 1`,
        classes: several ? classes : [],
        creator: producer && producerText(producer),
      }),
    });
    this.#rows = new Uint8Array(width * ROWS);
  }

  /** Writes the next band. */
  async write(band: MaskBand): Promise<void> {
    expectBand(band, { width: this.#options.width, y: this.#y });
    if (!this.#writer) await this.open();
    const { content, classes = [], class: shownClass } = this.#options;
    const isMask = content !== "probability";
    const values = isMask
      ? band.mask
      : shownClass === undefined
      ? band.probability8
      : band.probabilities8?.[shownClass - 1];
    for (let row = 0; row < band.height; row += ROWS) {
      const rows = Math.min(ROWS, band.height - row);
      const shown = this.#rows.subarray(0, rows * band.width);
      const from = row * band.width;
      if (!values) shown.fill(0);
      else shown.set(values.subarray(from, from + shown.length));
      if (isMask && classes.length < 2) {
        for (let i = 0; i < shown.length; i++) {
          if (shown[i] !== 0) shown[i] = 255;
        }
      }
      await this.#writer!.writeRows(band.y + row, rows, shown);
      this.#y += rows;
    }
  }

  /** Writes the directory and completes the file. */
  async close(): Promise<void> {
    if (!this.#writer) await this.open();
    await this.#writer!.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}

/** The 8-bit gray image that {@linkcode omeXml} describes. */
interface OmeXmlOptions {
  /** The image's name, for example the slide's. */
  readonly name: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The channel's name, which explains its values. */
  readonly channel: string;
  /** The classes of its values, from 1, if there are several. */
  readonly classes: readonly MaskClass[];
  /** Micrometers per pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Who made it. Default: "Tilewise". */
  readonly creator?: string;
}

/**
 * Describes a grayscale image as OME-XML for a TIFF's ImageDescription. Bio-Formats (and so QuPath) and tifffile
 * recognize an OME-TIFF by it, and read levels from SubIFDs only then.
 *
 * Source: OME data model 2016-06 and the OME-TIFF specification 6.
 */
function omeXml(options: OmeXmlOptions): string {
  const { name, width, height, channel, mpp, creator = "Tilewise" } = options;
  const pairs = options.classes.map(({ name }, i) =>
    `<M K="${i + 1}">${escaped(name)}</M>`
  ).join("");
  const [link, annotation] = pairs === "" ? ["", ""] : [
    `<AnnotationRef ID="Annotation:0"/>`,
    `<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="tilewise/classes">` +
    `<Value>${pairs}</Value></MapAnnotation></StructuredAnnotations>`,
  ];
  const scale = mpp
    ? ` PhysicalSizeX="${mpp.x}" PhysicalSizeXUnit="&#181;m"` +
      ` PhysicalSizeY="${mpp.y}" PhysicalSizeYUnit="&#181;m"`
    : "";
  const schema = "http://www.openmicroscopy.org/Schemas/OME/2016-06";
  return `<?xml version="1.0" encoding="UTF-8"?>` +
    `<OME xmlns="${schema}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
    ` xsi:schemaLocation="${schema} ${schema}/ome.xsd" Creator="${
      escaped(creator)
    }">` +
    `<Image ID="Image:0" Name="${escaped(name)}">` +
    `<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8"` +
    ` SizeX="${width}" SizeY="${height}" SizeC="1" SizeZ="1" SizeT="1"${scale}>` +
    `<Channel ID="Channel:0:0" Name="${
      escaped(channel)
    }" SamplesPerPixel="1"/>` +
    `<TiffData IFD="0" PlaneCount="1"/></Pixels>${link}</Image>${annotation}</OME>`;
}

/**
 * Text for an attribute: without markup, ASCII as TIFF requires, and without characters that XML 1.0 cannot represent.
 */
function escaped(text: string): string {
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const plain = code >= 0x20 && code < 0x7f && !`<>&"'`.includes(character);
    const held = code >= 0x20 && (code < 0xd800 || code > 0xdfff) &&
      (code & 0xfffe) !== 0xfffe;
    result += plain ? character : held ? `&#${code};` : "\ufffd";
  }
  return result.replaceAll("\ufffd", "&#65533;");
}
