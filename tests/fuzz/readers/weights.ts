// Weights: safetensors, PyTorch's pickles and zips, and the metadata of networks and of training.
import {
  describeNetwork,
  readNetwork,
} from "../../../src/predict/read_network.ts";
import {
  checkpointMetadata,
  decodeTrainingCheckpoint,
  encodeTrainingCheckpoint,
} from "../../../src/train/training_checkpoint.ts";
import { buildGraph } from "../../../src/graph/graph.ts";
import { importOnnx } from "../../../src/onnx/import_onnx.ts";
import { readOnnx } from "../../../src/onnx/read_onnx.ts";
import { readCheckpoint } from "../../../src/weights/read_checkpoint.ts";
import { writeSafetensors } from "../../../src/weights/write_safetensors.ts";
import {
  floatBytes,
  handPickle,
  pickledDict,
  pickledTensor,
  torchLegacy,
  torchZip,
} from "../../helpers/hand_pickle.ts";
import {
  mutatePickle,
  mutateZip,
  mutateZippedPickle,
} from "../mutate/pickle.ts";
import { mutateSafetensors } from "../mutate/safetensors.ts";
import { attackTexts, toBytes } from "../mutate/text.ts";
import type { Bytes, Reader } from "../reader.ts";
import { goldens } from "./goldens.ts";

const tensor = {
  shape: [2],
  dtype: "f32",
  data: floatBytes(1, 2),
} as const;

function safetensors(): Bytes[] {
  const metadata = checkpointMetadata({
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    training: { mpp: 0.5, tile: 64, expansion: 16, seed: 1, classes: ["a"] },
  });
  const tensors = new Map([["a.weight", tensor], ["b.bias", tensor]]);
  return [writeSafetensors(tensors, metadata), writeSafetensors(tensors)];
}

/** A file whose JSON is this text. */
function withHeader(text: string): Bytes {
  const header = toBytes(text);
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setUint32(0, header.length, true);
  file.set(header, 8);
  return file;
}

const PICKLE = handPickle(
  [0x80, 2],
  pickledDict({ weight: pickledTensor({ shape: [2, 2], strides: [2, 1] }) }),
  ".",
);

/** Pickles that nest, repeat and double what they hold. */
function pickleAttacks(): Uint8Array[] {
  const many = (part: string, count = 100_000) => part.repeat(count);
  return [
    ...["(", "]", "}", ")", "(t", "((t", "\x85", "2", "0", "]\x94h\0a"],
    ...["ccollections\nOrderedDict\n)R", "]q\0(h\0h\0e", "\x88\x88\x86"],
    ...["I1\n", "L" + many("9", 200) + "L\n", "J\0\0\0\0", "S'a'\n"],
  ].map((part) => handPickle([0x80, 4], latin(many(part)), "."));
}

const latin = (text: string) =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const read = (bytes: Bytes) => readCheckpoint(bytes, { name: "a.pth" });

export const WEIGHT_READERS: readonly Reader[] = [
  {
    name: "safetensors",
    corpus: safetensors,
    attacks: () =>
      attackTexts(['{"a":', "[", '"__metadata__":{', "[0,0],"], {
        start: '{"a":',
      }).map(withHeader),
    mutate: [mutateSafetensors],
    async read(input) {
      const network = await readNetwork(new Blob([input]));
      describeNetwork(network.stateDict);
    },
  },
  {
    name: "onnx",
    corpus: () => goldens("onnx", ".onnx"),
    read(input) {
      const model = readOnnx(input);
      const [{ name = "", dims }] = [...model.inputs, { dims: [] }];
      const side = Math.min(dims[2] ?? 64, 128);
      buildGraph(
        { [name]: [1, 3, side, Math.min(dims[3] ?? side, 128)] },
        (inputs) => {
          const { outputs, parameters } = importOnnx(model, inputs);
          for (const valuesOf of parameters.values()) valuesOf();
          return outputs;
        },
      );
    },
  },
  {
    name: "training_checkpoint",
    corpus: () => [
      new Uint8Array(encodeTrainingCheckpoint({
        state: {
          parameters: new Map([["a", tensor]]),
          moments: new Map([["a.exp_avg", tensor]]),
          step: 7,
          lossScale: 1,
          steadySteps: 7,
        },
        progress: { epoch: 1, updates: 7, lossSum: 2.5, history: [] },
        settings: { seed: "1" },
      })),
    ],
    mutate: [mutateSafetensors],
    read: decodeTrainingCheckpoint,
  },
  {
    name: "torch_zip",
    corpus: async () => [
      new Uint8Array(
        torchZip(PICKLE, { storages: { 0: floatBytes(1, 2, 3, 4) } }),
      ),
      new Uint8Array(
        torchZip(PICKLE, {
          storages: { 0: floatBytes(1, 2, 3, 4) },
          level: 6,
        }),
      ),
      ...await goldens("checkpoints", "zip.pth"),
    ],
    attacks: () =>
      pickleAttacks().map((pickle) => new Uint8Array(torchZip(pickle))),
    mutate: [mutateZippedPickle, mutateZip],
    read,
  },
  {
    name: "torch_legacy",
    corpus: async () => [
      new Uint8Array(torchLegacy(PICKLE, {
        0: { length: 4, bytes: floatBytes(1, 2, 3, 4) },
      })),
      ...await goldens("checkpoints", "legacy.pth"),
    ],
    attacks: () =>
      pickleAttacks().map((pickle) => new Uint8Array(torchLegacy(pickle, {}))),
    mutate: [mutatePickle],
    read,
  },
];
