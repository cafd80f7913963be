import { formatCount, formatNumber } from "../report/format_number.ts";
import type {
  InspectedLevel,
  InspectedPage,
  SlideInspection,
} from "../slide/inspect_slide.ts";

/** What `inspect` prints of a slide: a line for each fact, its name to the left. */
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
  const size = `${formatCount(inspection.bytes)} bytes`;
  add(format ? "Format" : "File", format ? `${format}, ${size}` : size);
  if (problem === undefined) {
    const [{ width, height }] = levels;
    add("Size", sizeOf({ width, height }, mpp));
    add(
      "Resolution",
      mpp
        ? `${scaleOf(mpp)} µm per pixel, from ${mpp.source}`
        : "not said; --slide-mpp (openSlide's mpp) says it",
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
    for (const { name, width, height, page } of inspection.associated) {
      add("Beside it", `${name}, ${width}×${height} px, ${page}`);
    }
  } else {
    for (const page of pages) {
      add(
        "Holds",
        `${page.place}, ${page.width}×${page.height} px, ${storageOf(page)}`,
      );
    }
  }
  for (const { what, why } of inspection.ignored) {
    add("Ignored", `${what}: ${why}`);
  }
  for (const warning of inspection.warnings) add("Warning", warning);
  return [
    source,
    ...rows.map(([name, text]) => `  ${name.padEnd(11)} ${text}`),
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
    missingBlocks > 0 &&
    `${formatCount(missingBlocks)} blocks missing, read as white`,
  ];
  return parts.filter(Boolean).join(", ");
}

function storageOf(page: InspectedPage): string {
  const { blocks, compression, bits, sampleFormat, samples, colorSpace } = page;
  const kind = sampleFormat === "unsigned" ? "" : ` ${sampleFormat}`;
  return `${blocks}, ${compression}, ${colorSpace}, ${samples} × ${bits} bits${kind}`;
}
