import { parseArgs } from "@std/cli/parse-args";
import { cannot } from "../src/errors/cannot.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { BenchRow } from "./report.ts";

/** Name of an engine to compare with. */
export type PeerName = "onnxruntime-web" | "tfjs";

/** Options of a run of the bench. */
export interface BenchOptions {
  readonly suites: readonly BenchRow["suite"][];
  /** The slide that `decode` reads. Default: a synthetic one. */
  readonly slide?: string;
  /** Files of suite `onnx`. */
  readonly onnx: readonly string[];
  /** Part of the names of the layers and networks to measure. Default: all. */
  readonly name?: string;
  /** Sides of the image, in pixels. */
  readonly sizes: readonly number[];
  /** Side of the slide of suite `slide`, in pixels. Default: 8192, or 512 if `short`. */
  readonly slideSize?: number;
  readonly precisions: readonly Precision[];
  /** Measured runs per median. */
  readonly runs: number;
  /** Engines to compare with. May be empty. */
  readonly peers: readonly PeerName[];
  /** Whether to measure only a tiny network and three of its layers. */
  readonly short: boolean;
  /** Whether to print JSON. */
  readonly json: boolean;
  /** Name of the driver, for the report. */
  readonly driver?: string;
}

/** Help text of the bench. */
export const benchHelp =
  `Times layers and networks, compared with other engines on the same adapter.

Usage: deno task bench [options]

  --suite NAME      suite to run; may be repeated (default: layer and network)
                    layer    layers, GPU time
                    network  whole networks
                    onnx     networks of ONNX files, vs. onnxruntime-web
                    slide    a slide from file to files, vs. its networks alone
                    memory   memory of a network and of a process, in MB
                    scaling  tiles and models, vs. one of each
                    decode   reading a slide, vs. geotiff and, where Python has
                             them, OpenSlide and rasterio; formats vs. TIFF
                    train    a training step, vs. a forward pass
  --slide FILE      slide for decode (default: synthetic JPEG tiles)
  --onnx FILE       network for onnx; may be repeated
  --name TEXT       only layers and networks whose names contain TEXT; unext101
                    is measured only if named
  --size N          image size in pixels, a multiple of 32; may be repeated
                    (default: 256; slide: 8192)
  --precision NAME  f32 or f16; may be repeated (default: both)
  --runs N          measured runs per median (default: 5)
  --peer NAME       onnxruntime-web, tfjs, all or none (default: all); rows show
                    the fastest
  --driver TEXT     name and version of the driver, for the report
  --json            print one JSON object
  --short           measure a tiny network and three of its layers, as a test
  --help            print this help`;

const SUITES = [
  "layer",
  "network",
  "onnx",
  "slide",
  "memory",
  "scaling",
  "decode",
  "train",
];
const PEERS: readonly PeerName[] = ["onnxruntime-web", "tfjs"];
const PRECISIONS = ["f32", "f16"];

/**
 * Parses the command line.
 *
 * @returns the options, or `undefined` for `--help`.
 * @throws {RangeError} If an option is unknown or its value is invalid.
 */
export function parseBenchOptions(
  args: readonly string[],
): BenchOptions | undefined {
  const flags = parseArgs([...args], {
    string: [
      "suite",
      "slide",
      "onnx",
      "name",
      "size",
      "precision",
      "runs",
      "peer",
      "driver",
    ],
    boolean: ["json", "short", "help"],
    collect: ["suite", "size", "precision", "onnx"],
    unknown(argument) {
      throw wrong(`unknown option ${argument}; see --help`);
    },
  });
  if (flags.help) return undefined;
  const { short, json, name, slide, driver } = flags;
  return {
    suites:
      (flags.suite.length > 0
        ? oneOf("suite", flags.suite, SUITES)
        : ["layer", "network"]) as BenchRow["suite"][],
    precisions: oneOf(
      "precision",
      flags.precision,
      PRECISIONS,
    ) as Precision[],
    name,
    slide,
    onnx: flags.onnx,
    driver,
    short,
    json,
    slideSize: flags.size.length > 0 ? Number(flags.size[0]) : undefined,
    sizes: flags.size.length > 0
      ? flags.size.map((text) => positive("size", text, 32))
      : [short ? 64 : 256],
    runs: flags.runs ? positive("runs", flags.runs, 1) : short ? 2 : 5,
    peers: choosePeers(flags.peer),
  };
}

function choosePeers(name = "all"): readonly PeerName[] {
  oneOf("peer", [name], [...PEERS, "all", "none"]);
  return PEERS.filter((peer) => name === "all" || name === peer);
}

function oneOf(
  option: string,
  given: readonly string[],
  known: readonly string[],
): readonly string[] {
  const unknown = given.find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw wrong(
      `--${option} must be ${known.join(" or ")}, received ${unknown}`,
    );
  }
  return given.length > 0 ? given : known;
}

function positive(option: string, text: string, step: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0 && value % step === 0)) {
    const rule = step > 1 ? `multiple of ${step}` : "integer";
    throw wrong(`--${option} must be a positive ${rule}, received ${text}`);
  }
  return value;
}

function wrong(reason: string): Error {
  return cannot("run bench", reason, { kind: RangeError });
}
