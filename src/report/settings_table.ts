import { escapeHtml } from "./escape_html.ts";
import { formatNumber } from "./format_number.ts";

type Say = (value: string) => string;

const px: Say = (value) => `${value} px`;
const micrometres: Say = (value) => `${value} µm per pixel`;
const yesOrNo: Say = (value) => value === "true" ? "yes" : "no";
const bits: Say = (value) =>
  ({ f32: "32 bits", f16: "16 bits", auto: "32 or 16 bits" })[value] ?? value;
const gib: Say = (value) => isNaN(Number(value)) ? value : `${value} GiB`;

/** What people call the options of the command line, and how they read their values; in the order of the page. */
const WORDS: Readonly<Record<string, readonly [label: string, say?: Say]>> = {
  slides: ["Slides"],
  tiles: ["Folder of tiles"],
  labels: ["Labels"],
  predicted: ["Predictions"],
  pseudo: ["Pseudo-labels"],
  pseudoSlides: ["Slides of the pseudo-labels"],
  class: ["Class of the objects"],
  classification: ["Class of the objects"],
  trainedOn: ["Trained on"],
  folds: ["Folds"],
  fold: ["Fold kept for validation, from 0"],
  seed: ["Seed of what chance decides"],
  weights: ["Model"],
  arch: ["Network"],
  encoder: ["Encoder started from"],
  from: ["Network started from"],
  precision: ["Numbers are stored in", bits],
  device: ["Device asked for"],
  memory: ["Memory on the GPU", gib],
  epochs: ["Epochs: passes over the tiles"],
  batch: ["Tiles an update"],
  accumulate: ["Parts that a batch is run in"],
  lr: ["Highest learning rate"],
  augment: ["Tiles are varied at random", yesOrNo],
  mean: ["Mean of red, green, blue, of 0 to 1", spaced],
  std: ["Deviation of red, green, blue", spaced],
  size: ["Side of a tile, after downsampling", px],
  tile: ["Side of a tile, after downsampling", px],
  expansion: ["Expansion: margin of a tile, both sides together", px],
  expansions: ["Expansions: margins of a tile, both sides together", px],
  downsample: ["Slide pixels per tile pixel", short],
  mpp: ["Scale of the tiles", micrometres],
  slideMpp: ["Scale of the slides, as given", micrometres],
  level: ["Pyramid level that is read, 0 the finest"],
  fill: ["Colour around the slide"],
  flips: ["Averaged over mirror images", yesOrNo],
  threshold: ["Probability above which a pixel is found"],
  minArea: ["Least area of an object", area],
  simplify: ["Outlines may lie off by", (value) => `${value} slide px`],
  seams: ["Seams are measured", yesOrNo],
  reference: ["Expansion that seams are compared with", px],
  tolerance: ["Most that may differ at seams", percent],
  adapter: ["Computed on"],
};

/** Tells runs apart for machines; people have the rest. */
const HIDDEN = new Set(["fingerprint"]);

/** The settings of a run as a table that says them in words; what has none stands as it is called. */
export function settingsTable(
  settings: Readonly<Record<string, unknown>>,
): string {
  const known = Object.keys(WORDS).filter((name) => name in settings);
  const others = Object.keys(settings).filter((name) =>
    !Object.hasOwn(WORDS, name) && !HIDDEN.has(name)
  );
  const rows = [...known, ...others].flatMap((name) => {
    const value = textOf(settings[name]);
    if (value === "") return [];
    const [label, say = (text: string) => text] = WORDS[name] ?? [name];
    return `<tr><th>${escapeHtml(label)}</th><td>${
      escapeHtml(say(value))
    }</td></tr>`;
  });
  return `<table class="settings">${rows.join("")}</table>`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
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
