import { formatNumber, formatTick } from "./format_number.ts";
import { type Markup, markup } from "./markup.ts";

type Say = (value: string) => string;

const px: Say = (value) => `${value} px`;
const micrometers: Say = (value) => `${value} µm/px`;
const yesOrNo: Say = (value) => value === "true" ? "yes" : "no";
const gib: Say = (value) => isNaN(Number(value)) ? value : `${value} GiB`;

/** What people call the options of the command line, and how they read their values; in the order of the page. */
const WORDS: Readonly<Record<string, readonly [label: string, say?: Say]>> = {
  slides: ["Slides"],
  tiles: ["Tile folder"],
  labels: ["Labels"],
  predicted: ["Predictions"],
  pseudo: ["Pseudo-labels"],
  pseudoSlides: ["Pseudo-label slides"],
  class: ["Class of the objects"],
  classification: ["Class of the objects"],
  objectType: ["QuPath object type"],
  preferred: ["Preferred class"],
  trainedOn: ["Training data"],
  folds: ["Folds"],
  fold: ["Validation fold"],
  seed: ["Random seed"],
  weights: ["Weights"],
  arch: ["Architecture"],
  encoder: ["Pretrained encoder"],
  from: ["Initial weights"],
  precision: ["Precision"],
  device: ["Device"],
  memory: ["GPU memory", gib],
  epochs: ["Epochs"],
  batch: ["Batch size"],
  accumulate: ["Gradient accumulation steps"],
  lr: ["Maximum learning rate"],
  augment: ["Augmentation", yesOrNo],
  mean: ["Mean (RGB)", spaced],
  std: ["Standard deviation (RGB)", spaced],
  size: ["Tile size", px],
  tile: ["Tile size", px],
  expansion: ["Expansion", px],
  expansions: ["Expansions", px],
  downsample: ["Downsample", short],
  mpp: ["Resolution", micrometers],
  slideMpp: ["Slide resolution, as given", micrometers],
  page: ["Page"],
  sampleRange: ["Sample range", spaced],
  level: ["Pyramid level"],
  fill: ["Fill color"],
  flips: ["Test-time flips", yesOrNo],
  threshold: ["Threshold"],
  minArea: ["Minimum object area", area],
  simplify: ["Simplification tolerance", px],
  seams: ["Seam measurement", yesOrNo],
  reference: ["Reference expansion", px],
  tolerance: ["Seam tolerance", percent],
  adapter: ["Adapter"],
};

/** Tells runs apart for machines; people have the rest. */
const HIDDEN = new Set(["fingerprint"]);

/** The settings of a run as a table that says them in words; what has none stands as it is called. */
export function settingsTable(
  settings: Readonly<Record<string, unknown>>,
): Markup {
  const known = Object.keys(WORDS).filter((name) => name in settings);
  const others = Object.keys(settings).filter((name) =>
    !Object.hasOwn(WORDS, name) && !HIDDEN.has(name)
  );
  const rows = [...known, ...others].flatMap((name) => {
    const value = plain(textOf(settings[name]));
    if (value === "") return [];
    const [label, say = (text: string) => text] = WORDS[name] ?? [name];
    return markup`<tr><th>${label}</th><td>${say(value)}</td></tr>`;
  });
  return markup`<table class="settings">${rows}</table>`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Numbers that are written by their power of ten, in full. */
function plain(value: string): string {
  return /^-?[\d.]+e[+-]?\d+$/.test(value) ? formatTick(Number(value)) : value;
}

function short(value: string): string {
  return formatNumber(Number(value));
}

function spaced(value: string): string {
  return value.split(",").map(short).join(", ");
}

function percent(value: string): string {
  return `${formatNumber(Number(value) * 100)} %`;
}

/** Some commands take an area with its unit, others pixels. */
function area(value: string): string {
  return /^[\d.]+$/.test(value) ? px(value) : value;
}
