import { parseArgs } from "@std/cli/parse-args";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { BenchRow } from "./report.ts";

/** An engine to compare with. */
export type PeerName = "onnxruntime-web" | "tfjs";

/** What to measure, and how. */
export interface BenchOptions {
  /** Kinds of things. */
  readonly suites: readonly BenchRow["suite"][];
  /** The slide that `decode` reads, in place of one that it makes. */
  readonly slide?: string;
  /** Part of the names of layers and networks. */
  readonly name?: string;
  /** Sides of the image, in pixels. */
  readonly sizes: readonly number[];
  /** Side of the slide of the suite `slide` in pixels. Default: chosen by the suite. */
  readonly slideSize?: number;
  /** Storage. */
  readonly precisions: readonly Precision[];
  /** Measured runs behind each median. */
  readonly runs: number;
  /** What to compare with; nothing where it is empty. */
  readonly peers: readonly PeerName[];
  /** Whether a tiny network and three of its layers are enough. */
  readonly short: boolean;
  /** Whether to print JSON. */
  readonly json: boolean;
  /** The driver's name, for the report. */
  readonly driver?: string;
}

/** What `bench --help` prints. */
export const benchHelp =
  `Times layers and whole networks, beside another engine on the same adapter.

Usage: deno task bench [options]

  --suite NAME      what to measure; may be repeated
                    (default: layer and network)
                    layer, network  kernels, and all of them
                    slide           from file to files, beside the networks alone
                    memory          of a network and of a process, in MB
                    scaling         tiles and models, beside one of each
                    decode          reading, beside geotiff
                    train           a step, beside a forward pass
  --slide FILE      what decode reads             (default: JPEG tiles)
  --name TEXT       only layers and networks whose name holds the text;
                    unext101 is measured only when asked for so
  --size N          side of the image in pixels, a multiple of 32;
                    may be repeated  (default: 256; a slide's is 8192)
  --precision NAME  f32 or f16; may be repeated         (default: both)
  --runs N          measured runs behind each median      (default: 5)
  --peer NAME       onnxruntime-web, tfjs, all or none       (default: all);
                    a row tells the faster one
  --driver TEXT     the driver's name and version, for the report
  --json            print one JSON object
  --short           a tiny network and three of its layers, to see that it runs
  --help            print this`;

const SUITES = [
  "layer",
  "network",
  "slide",
  "memory",
  "scaling",
  "decode",
  "train",
];
const PEERS: readonly PeerName[] = ["onnxruntime-web", "tfjs"];
const PRECISIONS = ["f32", "f16"];

/**
 * Reads the command line; returns `undefined` where help is asked for.
 *
 * @throws {RangeError} where an option is not known or its value does not fit.
 */
export function parseBenchOptions(
  args: readonly string[],
): BenchOptions | undefined {
  const flags = parseArgs([...args], {
    string: [
      "suite",
      "slide",
      "name",
      "size",
      "precision",
      "runs",
      "peer",
      "driver",
    ],
    boolean: ["json", "short", "help"],
    collect: ["suite", "size", "precision"],
    unknown(argument) {
      throw new RangeError(
        `Cannot bench as options must be known, see --help: received ${argument}`,
      );
    },
  });
  if (flags.help) return undefined;
  const { short, json, name, slide, driver } = flags;
  return {
    suites:
      (flags.suite.length > 0
        ? oneOf("suite", flags.suite, SUITES)
        : SUITES.slice(0, 2)) as BenchRow["suite"][],
    precisions: oneOf(
      "precision",
      flags.precision,
      PRECISIONS,
    ) as Precision[],
    name,
    slide,
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
  const wrong = given.find((value) => !known.includes(value));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot bench as --${option} must be ${
        known.join(" or ")
      }: received ${wrong}`,
    );
  }
  return given.length > 0 ? given : known;
}

function positive(option: string, text: string, step: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0 && value % step === 0)) {
    throw new RangeError(
      `Cannot bench as --${option} must be a positive ${
        step > 1 ? `multiple of ${step}` : "integer"
      }: received ${text}`,
    );
  }
  return value;
}
