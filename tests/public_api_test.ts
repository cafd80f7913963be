import { assertEquals } from "@std/assert";
import * as tilewise from "../mod.ts";
import * as run from "../src/run/mod.ts";
import * as train from "../src/train/mod.ts";

/** What mod.ts exports at run time. Whoever changes this list changes what users may rely on. */
const NAMES = [
  "Gpu",
  "GpuError",
  "MaskEvaluator",
  "Model",
  "ObjectSink",
  "OverlaySink",
  "Overview",
  "PngSink",
  "Polygonizer",
  "Profiler",
  "RleEncoder",
  "RleSink",
  "SeamProfile",
  "StateDictError",
  "TiffSink",
  "TiffWriter",
  "Tuning",
  "add",
  "areaDownsample",
  "batchNorm",
  "buildGraph",
  "concat",
  "conv2d",
  "createTiffWriter",
  "decodeRle",
  "dropout2d",
  "encodeRle",
  "evaluateCounts",
  "globalMaxPool",
  "hubmapNormalization",
  "inspectSlide",
  "isTorchvisionEncoder",
  "keepTissue",
  "leakyRelu",
  "loadCheckpoint",
  "loadEncoder",
  "loadModel",
  "mapTorchvisionEncoder",
  "matchStateDict",
  "maxPool2d",
  "measurePolygon",
  "measureSeams",
  "normalizeKeys",
  "openLabels",
  "openSlide",
  "parametersOf",
  "parseRle",
  "pixelShuffle",
  "planTiles",
  "polygonFeature",
  "predictTiles",
  "readCheckpoint",
  "readRleCsv",
  "readSafetensors",
  "readSafetensorsMetadata",
  "recognizeArchitecture",
  "relu",
  "resizeBilinear",
  "saturation8",
  "sigmoid",
  "simplifyPolygon",
  "stitchBands",
  "streamTiles",
  "summarizeMask",
  "tap",
  "tileSpan",
  "toFloat32",
  "unext",
  "unext101",
  "unext101Options",
  "unext50",
  "unext50Options",
  "unextArchitecture",
  "writeBands",
  "writeMask",
  "writeSafetensors",
  "writeSummary",
];

Deno.test("mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(tilewise).toSorted(), NAMES);
});

Deno.test("mod.ts exports by name", async () => {
  const source = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  assertEquals(/^export \*/m.test(source), false);
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
  "RunContext",
  "describeInspection",
  "evaluateSlides",
  "evaluationPage",
  "findLayers",
  "findResults",
  "inferBatch",
  "inferSlide",
  "listSlides",
  "openView",
  "resultFiles",
  "resultFormats",
  "serveView",
  "streamObjects",
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
