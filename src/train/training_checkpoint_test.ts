import { readTraining } from "../predict/checkpoint_metadata.ts";
import { readSafetensorsMetadata } from "../weights/read_safetensors.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { weightsOf } from "./initialize_weights.ts";
import {
  CHECKPOINT_FORMAT,
  checkpointMetadata,
  decodeTrainingCheckpoint,
  encodeTrainingCheckpoint,
  type TrainingCheckpoint,
} from "./training_checkpoint.ts";
import { assertEquals, assertThrows } from "@std/assert";

function tensor(...values: number[]): TensorData {
  const data = new Uint8Array(new Float32Array(values).buffer);
  return { shape: [values.length], dtype: "f32", data };
}

const record = { epoch: 1, trainLoss: 0.1 + 0.2, learningRate: 1e-6 };
const checkpoint: TrainingCheckpoint = {
  state: {
    parameters: new Map([["bn.weight", tensor(1, 2)], [
      "bn.running_var",
      tensor(3, 4),
    ]]),
    moments: new Map([
      ["bn.weight.exp_avg", tensor(5, 6)],
      ["bn.weight.exp_avg_sq", tensor(7, 8)],
    ]),
    step: 9,
    lossScale: 65536,
    steadySteps: 8,
  },
  progress: {
    epoch: 2,
    updates: 3,
    lossSum: 1 / 3,
    // In the loop's order, which is in the file's bytes.
    history: [record, {
      ...{ epoch: 2, trainLoss: 0.5, valLoss: 0.5, dice: 0.75 },
      learningRate: 1e-6,
    }],
  },
  settings: { seed: "1", 'weird "key"': "ü" },
};

Deno.test("decodeTrainingCheckpoint() gives what was encoded, to the last bit", () => {
  const bytes = encodeTrainingCheckpoint(checkpoint);
  assertEquals(decodeTrainingCheckpoint(bytes), checkpoint);
  assertEquals(
    encodeTrainingCheckpoint(decodeTrainingCheckpoint(bytes)),
    bytes,
  );
});

Deno.test("decodeTrainingCheckpoint() reads null, as NaN was written once, as an epoch without validation", () => {
  const { state, settings, progress } = checkpoint;
  const old = { ...record, valLoss: NaN, dice: NaN };
  const bytes = encodeTrainingCheckpoint({
    state,
    settings,
    progress: { ...progress, history: [old] },
  });
  const { history } = decodeTrainingCheckpoint(bytes).progress;
  assertEquals(history, [record]);
});

Deno.test("A training state carries what a checkpoint says of its network", () => {
  const metadata = checkpointMetadata({
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    training: { mpp: 4, tile: 64 },
  });
  const bytes = encodeTrainingCheckpoint({ ...checkpoint, metadata });
  assertEquals(decodeTrainingCheckpoint(bytes).metadata, metadata);
  assertEquals(readTraining(readSafetensorsMetadata(bytes)), {
    mpp: 4,
    tile: 64,
  });
  // Nothing that is given replaces what makes it a state.
  const forged = { ...checkpoint, metadata: { format: "pt" } };
  decodeTrainingCheckpoint(encodeTrainingCheckpoint(forged));
});

Deno.test("decodeTrainingCheckpoint() refuses mere weights", () => {
  const weights: StateDict = new Map([["a", tensor(1)]]);
  assertThrows(
    () => decodeTrainingCheckpoint(writeSafetensors(weights)),
    TypeError,
    "Cannot continue from checkpoint: it must hold a training state, received weights only",
  );
  assertThrows(
    () => decodeTrainingCheckpoint(writeSafetensors(weights, { format: "pt" })),
    TypeError,
    'received format "pt"',
  );
});

Deno.test("decodeTrainingCheckpoint() refuses a damaged state by a sentence", () => {
  const whole = { format: CHECKPOINT_FORMAT, state: "{}", settings: "{}" };
  for (const progress of [undefined, "{", "[]", "{}", '{"history":[null]}']) {
    const metadata = { ...whole, ...(progress && { progress }) };
    assertThrows(
      () => decodeTrainingCheckpoint(writeSafetensors(new Map(), metadata)),
      SyntaxError,
      "its training state is damaged",
    );
  }
});

Deno.test("weightsOf() adds PyTorch's counters to the parameters", () => {
  const weights = weightsOf(checkpoint.state);
  assertEquals([...weights.keys()], [
    "bn.weight",
    "bn.running_var",
    "bn.num_batches_tracked",
  ]);
  assertEquals(weights.get("bn.num_batches_tracked"), {
    shape: [],
    dtype: "i64",
    data: new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0]),
  });
});
