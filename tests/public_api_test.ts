import { assertArrayIncludes, assertEquals } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import * as tilewise from "../mod.ts";
import * as run from "../src/run/mod.ts";
import * as train from "../src/train/mod.ts";

/** What mod.ts exports at run time: what a first page needs. */
const NAMES = [
  "ObjectSink",
  "RleSink",
  "TiffSink",
  "hubmapNormalization",
  "inspectSlide",
  "keepTissue",
  "loadModel",
  "openLabels",
  "openSlide",
  "predictTiles",
  "stitchBands",
  "streamTiles",
  "tap",
  "writeBands",
  "writeMask",
];

Deno.test("mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(tilewise).toSorted(), NAMES);
});

/** What each further entry exports at run time. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  slide: ["inspectSlide", "openSlide"],
  tiles: [
    "areaDownsample",
    "keepTissue",
    "planTiles",
    "saturation8",
    "streamTiles",
    "tap",
    "tileSpan",
  ],
  gpu: ["Gpu", "GpuError", "Profiler"],
  graph: [
    "add",
    "batchNorm",
    "buildGraph",
    "concat",
    "conv2d",
    "dropout2d",
    "globalMaxPool",
    "leakyRelu",
    "maxPool2d",
    "parametersOf",
    "pixelShuffle",
    "relu",
    "resizeBilinear",
    "sigmoid",
  ],
  models: [
    "isTorchvisionEncoder",
    "mapTorchvisionEncoder",
    "recognizeArchitecture",
    "unext",
    "unext101",
    "unext101Options",
    "unext50",
    "unext50Options",
    "unextArchitecture",
  ],
  weights: [
    "StateDictError",
    "loadCheckpoint",
    "matchStateDict",
    "normalizeKeys",
    "readCheckpoint",
    "readSafetensors",
    "readSafetensorsMetadata",
    "toFloat32",
    "writeSafetensors",
  ],
  predict: [
    "Model",
    "Tuning",
    "hubmapNormalization",
    "loadEncoder",
    "loadModel",
    "predictTiles",
  ],
  masks: [
    "ObjectSink",
    "OverlaySink",
    "Overview",
    "PngSink",
    "Polygonizer",
    "RleEncoder",
    "RleSink",
    "TiffSink",
    "TiffWriter",
    "createTiffWriter",
    "decodeRle",
    "encodeRle",
    "measurePolygon",
    "parseRle",
    "polygonFeature",
    "readRleCsv",
    "simplifyPolygon",
    "stitchBands",
    "summarizeMask",
    "writeBands",
    "writeMask",
    "writeSummary",
  ],
  evaluate: [
    "MaskEvaluator",
    "SeamProfile",
    "evaluateCounts",
    "measureSeams",
    "openLabels",
  ],
};

for (const [entry, names] of Object.entries(ENTRIES)) {
  Deno.test(`src/${entry}/mod.ts exports these names and no others`, async () => {
    const module = await import(`../src/${entry}/mod.ts`);
    assertEquals(Object.keys(module).toSorted(), names);
  });
}

Deno.test("The entries of deno.json export by name", async () => {
  for (const path of Object.values(project.exports)) {
    const source = await Deno.readTextFile(
      new URL(`../${path}`, import.meta.url),
    );
    assertEquals(/^export \*/m.test(source), false, path);
  }
});

interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly jsDoc?: {
      readonly tags?: readonly {
        readonly kind: string;
        readonly doc?: string;
      }[];
    };
  }[];
}

/** The exports of an entry, as `deno doc` lists them. */
async function symbolsOf(path: string): Promise<readonly DocumentedSymbol[]> {
  const { stdout } = await new Deno.Command("deno", {
    args: ["doc", "--quiet", "--json", path],
    cwd: new URL("../", import.meta.url),
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [{ symbols }] = Object.values<{ symbols: DocumentedSymbol[] }>(nodes);
  return symbols;
}

Deno.test("Entries with more than 25 symbols have a category for each symbol", async () => {
  const long: string[] = [];
  const missing: string[] = [];
  for (const [entry, path] of Object.entries(project.exports)) {
    const symbols = await symbolsOf(path);
    if (symbols.length <= 25) continue;
    long.push(entry);
    for (const { name, declarations } of symbols) {
      const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
      const category = tags.find(({ kind }) => kind === "category")?.doc;
      if (!category) missing.push(`${entry}: ${name}`);
    }
  }
  assertArrayIncludes(long, [".", "./run"]);
  assertEquals(missing, []);
});

/** What src/train/mod.ts, the entry `./train`, exports at run time. */
const TRAIN_NAMES = [
  "Augmenter",
  "Random",
  "SegmentationScore",
  "TileFolderWriter",
  "TrainingData",
  "augmentedBatches",
  "bestEpoch",
  "checkpointMetadata",
  "compileTraining",
  "decodeTrainingCheckpoint",
  "drawAugmentation",
  "drawCutout",
  "encodeTrainingCheckpoint",
  "initializeWeights",
  "oneCycle",
  "slideSamples",
  "splitFolds",
  "tileFolderSamples",
  "train",
  "trainPage",
  "validateSamples",
  "weightsOf",
];

Deno.test("src/train/mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(train).toSorted(), TRAIN_NAMES);
});

/** What src/run/mod.ts, the entry `./run`, exports at run time. */
const RUN_NAMES = [
  "CompiledGraph",
  "KernelProfile",
  "LiveView",
  "OpenedModel",
  "RunContext",
  "SlideViews",
  "TileJournal",
  "cohortStatus",
  "describeInspection",
  "evaluateSlides",
  "evaluationPage",
  "findLayers",
  "findResults",
  "inferBatch",
  "inferCohort",
  "inferSlide",
  "listSlides",
  "mergeCohort",
  "oneView",
  "openModel",
  "openView",
  "packModel",
  "planCohort",
  "resultFiles",
  "resultFormats",
  "serveView",
  "streamObjects",
  "testModel",
  "tileSlides",
  "trainNetwork",
  "writeAssociated",
  "writeEvaluation",
  "writeReport",
  "writeReportIndex",
];

Deno.test("src/run/mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(run).toSorted(), RUN_NAMES);
});
