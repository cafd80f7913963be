import { join } from "node:path";
import { printable } from "../errors/cannot.ts";
import { AtomicFile, TEMPORARY_BYTES } from "../io/atomic_file.ts";
import { pngFile } from "../io/encode_png.ts";
import { formatCount, formatNumber } from "../report/markup.ts";
import type {
  InspectedLevel,
  InspectedPage,
  SlideInspection,
} from "../slide/slide_inspection.ts";
import { openSlide } from "../slide/open_slide.ts";

/**
 * Describes a slide as `inspect` prints it: a line for each fact.
 *
 * @category Inspection
 */
export function describeInspection(
  source: string,
  inspection: SlideInspection,
): string {
  const { format, problem, levels, mpp, objectivePower, pages } = inspection;
  const rows: [string, string][] = [];
  const add = (name: string, text: string | undefined) => {
    if (text !== undefined) rows.push([name, text]);
  };
  add("Problem", problem);
  const { bytes } = inspection;
  const size = bytes > 0 ? `${formatCount(bytes)} bytes` : undefined;
  const parts = [format, size].filter(Boolean);
  add(format ? "Format" : "File", parts.join(", ") || "0 bytes");
  if (problem === undefined) {
    const [{ width, height }] = levels;
    add("Size", sizeOf({ width, height }, mpp));
    add(
      "Resolution",
      mpp
        ? `${scaleOf(mpp)} µm per pixel, from ${mpp.source}`
        : "unknown; set it with --slide-mpp (openSlide's mpp)",
    );
    add(
      "Objective",
      objectivePower &&
        `${formatNumber(objectivePower.value)}×, from ${objectivePower.source}`,
    );
    const { sampleRange: range } = inspection;
    add(
      "Samples",
      range &&
        `${range.min} to ${range.max}, black to white, from ${range.source}`,
    );
    levels.forEach((level, i) =>
      add(`Level ${i}`, describeLevel(level, { mpp, pages }))
    );
    for (const { page, x, y, width, height } of levels[0].areas ?? []) {
      add("Area", `${page}, ${width}×${height} px at ${x}, ${y} of level 0`);
    }
    const { bounds } = inspection;
    add(
      "Bounds",
      bounds &&
        `${formatCount(bounds.width)} × ${
          formatCount(bounds.height)
        } px at ${bounds.x}, ${bounds.y} of level 0; elsewhere, it is empty`,
    );
    for (const [name, value] of Object.entries(inspection.properties)) {
      add("Property", `${name}: ${value}`);
    }
    for (const { name, width, height, page } of inspection.associated) {
      add("Image", `${name}, ${width}×${height} px, ${page}`);
    }
  } else {
    for (const page of pages) {
      add(
        "Page",
        `${page.place}, ${page.width}×${page.height} px, ${storageOf(page)}`,
      );
    }
  }
  for (const { what, why } of inspection.ignored) {
    add("Ignored", `${what}: ${why}`);
  }
  for (const warning of inspection.warnings) add("Warning", warning);
  return [
    printable(source),
    ...rows.map(([name, text]) => `  ${name.padEnd(11)} ${printable(text)}`),
  ].join("\n");
}

interface Mpp {
  readonly x: number;
  readonly y: number;
}

function sizeOf(
  { width, height }: { readonly width: number; readonly height: number },
  mpp: Mpp | undefined,
): string {
  const pixels = `${formatCount(width)} × ${formatCount(height)} px`;
  if (!mpp) return pixels;
  const [across, down] = [width * mpp.x / 1000, height * mpp.y / 1000];
  return `${pixels}, ${formatNumber(across)} × ${formatNumber(down)} mm`;
}

function scaleOf({ x, y }: Mpp, downsample = 1): string {
  const [across, down] = [x, y].map((side) =>
    String(Number((side * downsample).toPrecision(4)))
  );
  return across === down ? across : `${across} × ${down}`;
}

function describeLevel(
  level: InspectedLevel,
  { mpp, pages }: {
    readonly mpp: Mpp | undefined;
    readonly pages: readonly InspectedPage[];
  },
): string {
  const { width, height, downsample, page, missingBlocks } = level;
  const stored = pages.find(({ place }) => place === page);
  const parts = [
    `${formatCount(width)} × ${formatCount(height)} px`,
    `downsample ${Number(downsample.toPrecision(6))}`,
    mpp && `${scaleOf(mpp, downsample)} µm per pixel`,
    page,
    stored && storageOf(stored),
    missingBlocks !== undefined && missingBlocks > 0 &&
    `${formatCount(missingBlocks)} blocks missing, read as white`,
  ];
  return parts.filter(Boolean).join(", ");
}

function storageOf(page: InspectedPage): string {
  const { blocks, compression, bits, sampleFormat, samples, colorSpace } = page;
  const kind = sampleFormat === "unsigned" ? "" : ` ${sampleFormat}`;
  return `${blocks}, ${compression}, ${colorSpace}, ${samples} × ${bits} bits${kind}`;
}

/** Characters of an image's name in the name of its file. */
const MOST_OF_NAME = 40;

/** Bytes of the longest ending of an image that {@linkcode writeAssociated} writes. */
export const LONGEST_ENDING: number = MOST_OF_NAME + "..png".length +
  TEMPORARY_BYTES;

/**
 * Options for {@linkcode writeAssociated}.
 *
 * @category Inspection
 */
export interface WriteAssociatedOptions {
  /** The folder for `NAME.label.png` and so on; it must exist. */
  readonly out: string;
  /** The sample values of black and white, if the slide needs them to be opened. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Stops early. */
  readonly signal?: AbortSignal;
}

/**
 * Writes the associated images of a slide (label, macro, thumbnail), which `inspectSlide()` found, as PNG: what
 * `readAssociated()` reads. Deno only.
 *
 * @throws {Error} If an image cannot be read or written.
 *
 * @category Inspection
 */
export async function writeAssociated(
  source: string,
  { name, associated }: Pick<SlideInspection, "name" | "associated">,
  { out, sampleRange, signal }: WriteAssociatedOptions,
): Promise<void> {
  if (associated.length === 0) return;
  await using slide = await openSlide(source, { sampleRange, signal });
  for (const { name: kind } of associated) {
    const { width, height, pixels } = await slide.readAssociated(kind, {
      signal,
    });
    const file = await pngFile({ width, height, channels: 3 }, pixels);
    await AtomicFile.replace(
      join(out, `${name}.${fileNameOf(kind)}.png`),
      file,
    );
  }
}

/** The name of an image as a part of a file's name: the file may call it anything. */
function fileNameOf(kind: string): string {
  return kind.replace(/[^\w. -]/g, "_").slice(0, MOST_OF_NAME);
}
