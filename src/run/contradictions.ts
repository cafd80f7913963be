import type { MaskClass } from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import { range, sameKind, scaleOf, short, tileMppOf } from "./tile_scale.ts";

/** The metadata of a checkpoint. */
export interface Checkpoint {
  readonly name: string;
  readonly training?: NetworkTraining;
  readonly normalization?: Normalization;
}

/** The settings of a run, given or by default. */
export interface RunSettings {
  readonly downsample?: number;
  readonly mpp?: number;
  readonly tile: number;
  /** `evaluate` compares several; `undefined` if tiles have none. */
  readonly expansions?: readonly number[];
  readonly classification?: string | readonly string[];
  /** The classes of the networks' outputs, if there are several. */
  readonly classes?: readonly MaskClass[];
  /** The normalization of all networks, if they share one. */
  readonly normalization?: Normalization;
}

/** Scales of 20× slides differ by a few percent; more than this is another scale. */
const TOLERANCE = 0.1;

/** Contradictions between a run and its checkpoints, or between checkpoints, a line each. */
export function contradictions(
  checkpoints: readonly Checkpoint[],
  run: RunSettings,
): string[] {
  const { tile, expansions, classification, normalization } = run;
  const named = (classes: readonly MaskClass[] = []) =>
    classes.map(({ name }) => name).join(", ");
  const ofClasses = checkpoints.some(({ training }) => training?.classes);
  const scale = scaleOf(run, 2);
  const rules: [string, (training: NetworkTraining) => unknown][] = [
    [
      `the scale is ${scale}`,
      (one) => sameKind(one, run) && scaleOf(one) !== scale && scaleOf(one),
    ],
    [`the tile size is ${tile}`, (one) => one.tile !== tile && one.tile],
    [
      `the expansion is ${expansions?.join(", ")}`,
      (one) => expansions?.includes(one.expansion!) === false && one.expansion,
    ],
    [
      `the class is ${classification}`,
      ({ classes }) =>
        ofClasses && typeof classification === "string" &&
        !classes?.includes(classification) && (classes?.join(", ") ?? "all"),
    ],
    [
      `the classes are ${named(run.classes)}`,
      ({ outputs }) =>
        run.classes !== undefined && outputs !== undefined &&
        named(outputs) !== named(run.classes) && named(outputs),
    ],
  ];
  const lines = rules.flatMap(([own, theirs]) =>
    groups(checkpoints, ({ training }) => {
      const value = training && theirs(training);
      return value === false ? undefined : value?.toString();
    }).map(([text, those]) =>
      `${own}, but ${names(those)} trained with ${text}`
    )
  );
  const own = normalization && wordsOf(normalization);
  const scaled = groups(checkpoints, (one) => wordsOf(one.normalization))
    .filter(([text]) => text !== own);
  if (own !== undefined) {
    for (const [text, those] of scaled) {
      lines.push(
        `the normalization is ${own}, but ${names(those)} trained with ${text}`,
      );
    }
  } else if (scaled.length > 1) {
    const each = scaled.map(([text, those]) =>
      `${names(those)} trained with ${text}`
    );
    lines.push(`networks differ in normalization: ${each.join("; ")}`);
  }
  return lines;
}

/**
 * Contradictions between the scale of slides and the checkpoints, a line each: tiles whose pixels are more than 10 % larger
 * or smaller.
 *
 * @param tileMpp Minimum and maximum micrometers per tile pixel; `undefined` if the scale of the slides is unknown.
 */
export function scaleContradictions(
  checkpoints: readonly Checkpoint[],
  run: RunSettings,
  tileMpp: readonly [least: number, most: number] | undefined,
): string[] {
  return groups(checkpoints, ({ training }) => {
    const trained = training && tileMppOf(training);
    if (!trained) return undefined;
    // Already reported for the run.
    if (sameKind(training, run) && scaleOf(training) !== scaleOf(run, 2)) {
      return undefined;
    }
    const [least, most] = trained;
    const fits = tileMpp !== undefined &&
      tileMpp[0] > least * (1 - TOLERANCE - 1e-9) &&
      tileMpp[1] < most * (1 + TOLERANCE + 1e-9);
    return fits ? undefined : range(trained);
  }).map(([trained, those]) => {
    const who = `${names(those)} trained with`;
    const mpp = short(tileMppOf(those[0].training!)![0]);
    return tileMpp
      ? `tiles have ${range(tileMpp)}, but ${who} ${trained}; use --mpp ${mpp}`
      : `the slide does not say its scale, so its tiles may differ from the ${trained} that ${who}; use --slide-mpp`;
  });
}

/** Groups checkpoints by a text; those without one are left out. */
function groups(
  all: readonly Checkpoint[],
  of: (one: Checkpoint) => string | undefined,
): [string, readonly Checkpoint[]][] {
  return [...Map.groupBy(all, of)].flatMap(([key, those]) =>
    key === undefined ? [] : [[key, those]]
  );
}

function wordsOf({ mean, std } = hubmapNormalization): string {
  return `mean ${mean.map(short).join(" ")}, std ${std.map(short).join(" ")}`;
}

/** Checkpoints as a subject, with its verb. */
export function names(
  those: readonly Checkpoint[],
  [one, several]: readonly string[] = ["was", "were"],
): string {
  const [first, second, ...more] = those.map(({ name }) => name);
  if (second === undefined) return `${first} ${one}`;
  const others = more.length === 0 ? second : `${more.length + 1} more`;
  return `${first} and ${others} ${several}`;
}
