import { assert, assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import {
  bceOfClasses,
  type ClassLogits,
  classLossWorkgroups,
  mean,
  softmaxGradient,
  softmaxSumBytes,
  softmaxSums,
  softmaxTotalBytes,
  softmaxTotals,
} from "./loss.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";
import type { Precision } from "./wgsl/specialize.ts";

interface Case extends ClassLogits {
  readonly logits: Float32Array;
  /** The number of a class per pixel, from 1, or 0. */
  readonly target: Float32Array;
}

const shapeOf = ({ images, pixels, channels }: ClassLogits) =>
  [images, channels, 1, pixels] as const;

interface Options {
  readonly weight?: number;
  readonly scale?: number;
  readonly precision?: Precision;
}

/** The loss by the kernels, and its gradient times `weight` and `scale`. */
async function run(
  kind: "sigmoid" | "softmax",
  { logits, target, ...size }: Case,
  { weight = 1, scale = 1, precision = "f32" }: Options = {},
): Promise<{ loss: number; gradient: Float32Array }> {
  const shape = shapeOf(size);
  const inputs = {
    logits: packTensor(logits, shape, precision),
    target_mask: target.slice().buffer,
  };
  const factors = {
    control: Float32Array.of(scale).buffer,
    weight: Float32Array.of(weight, 9, 9, 9).buffer,
    gradient: new ArrayBuffer(packedBytes(shape, precision)),
  };
  const unpack = (bytes: ArrayBuffer) => unpackTensor(bytes, shape, precision);
  const result = new ArrayBuffer(4);
  if (kind === "sigmoid") {
    const length = classLossWorkgroups(size);
    const count = size.images * size.pixels * size.channels;
    const program = bceOfClasses.program(size, precision);
    const partial = new ArrayBuffer(length * 4);
    const buffers = { ...inputs, ...factors, partial };
    const values = await runProgram(gpu, program, { buffers, read: "partial" });
    const loss = await runProgram(gpu, mean.program({ length, count }), {
      buffers: { values, result },
      read: "result",
    });
    const gradient = await runProgram(gpu, program, {
      ...{ buffers, read: "gradient" },
    });
    return {
      loss: new Float32Array(loss)[0],
      gradient: unpack(gradient),
    };
  }
  const partial = await runProgram(gpu, softmaxSums.program(size, precision), {
    buffers: { ...inputs, partial: new ArrayBuffer(softmaxSumBytes(size)) },
    read: "partial",
  });
  const totals = new ArrayBuffer(softmaxTotalBytes(size));
  const reduce = (read: string) =>
    runProgram(gpu, softmaxTotals.program(size), {
      buffers: { partial, totals, result },
      read,
    });
  const program = softmaxGradient.program(size, precision);
  const gradient = await runProgram(gpu, program, {
    buffers: { ...inputs, ...factors, totals: await reduce("totals") },
    read: "gradient",
  });
  return {
    loss: new Float32Array(await reduce("result"))[0],
    gradient: unpack(gradient),
  };
}

/** The losses as their definitions say, in 64 bits. */
const losses = {
  sigmoid({ images, pixels, channels, target }: Case, x: Float64Array) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      const [image, channel] = [
        Math.floor(i / pixels / channels),
        Math.floor(i / pixels) % channels,
      ];
      const is = target[image * pixels + i % pixels] === channel + 1;
      const p = 1 / (1 + Math.exp(-x[i]));
      sum -= Math.log(is ? p : 1 - p);
    }
    return sum / (images * pixels * channels);
  },
  softmax({ images, pixels, channels, target }: Case, x: Float64Array) {
    const [both, found, labeled] = [0, 1, 2].map(() =>
      new Float64Array(channels)
    );
    let entropy = 0;
    for (let i = 0; i < images * pixels; i++) {
      const at = (k: number) =>
        (Math.floor(i / pixels) * channels + k) * pixels + i % pixels;
      const powers = Array.from(
        { length: channels },
        (_, k) => Math.exp(x[at(k)]),
      );
      const total = powers.reduce((a, b) => a + b);
      powers.forEach((power, k) => {
        found[k] += power / total;
        if (target[i] !== k) return;
        labeled[k]++;
        both[k] += power / total;
        entropy -= Math.log(power / total);
      });
    }
    let dice = 0;
    for (let k = 1; k < channels; k++) {
      dice += (2 * both[k] + 1) / (found[k] + labeled[k] + 1);
    }
    return entropy / (images * pixels) + 1 - dice / (channels - 1);
  },
};

function makeCase(
  images: number,
  pixels: number,
  channels: number,
  classes: number,
): Case {
  const logits = randomValues([images * pixels * channels], "x").map((x) =>
    3 * x
  );
  const target = randomValues([images * pixels], "t").map((t) =>
    Math.min(classes, Math.floor(Math.abs(t) * 1.3 * (classes + 1)))
  );
  return { images, pixels, channels, logits, target };
}

Deno.test("losses of classes match their definitions, in blocks that are full or not, and in many workgroups", async () => {
  for (const kind of ["sigmoid", "softmax"] as const) {
    for (
      const [images, pixels, channels] of [
        [1, 1, 2],
        [2, 63, 3],
        [3, 65, 5],
        [1, 65_700, 4],
      ]
    ) {
      const classes = kind === "softmax" ? channels - 1 : channels;
      const one = makeCase(images, pixels, channels, classes);
      const expected = losses[kind](one, Float64Array.from(one.logits));
      const { loss, gradient } = await run(kind, one);
      assertClose([loss], [expected], { tolerance: 1e-5 });
      const scaled = await run(kind, one, { weight: 0.5, scale: 64 });
      assertEquals(scaled.loss, loss);
      assertEquals(scaled.gradient, gradient.map((value) => value * 32));
      if (channels < 5) continue;
      const half = await run(kind, one, { precision: "f16" });
      assertClose([half.loss], [expected], { tolerance: 2e-3 });
    }
  }
});

Deno.test("gradients of losses of classes are the slopes of the losses", async () => {
  for (const kind of ["sigmoid", "softmax"] as const) {
    const channels = 6;
    const one = makeCase(2, 9, channels, kind === "softmax" ? 5 : 6);
    const { gradient } = await run(kind, one);
    const step = 1e-4;
    const slopes = Array.from(one.logits, (_, i) => {
      const moved = [step, -step].map((by) => {
        const logits = Float64Array.from(one.logits);
        logits[i] += by;
        return losses[kind](one, logits);
      });
      return (moved[0] - moved[1]) / (2 * step);
    });
    assertClose(gradient, slopes, { tolerance: 1e-5 });
    assert(slopes.some((slope) => Math.abs(slope) > 1e-3));
  }
});

Deno.test("losses of classes stay finite for logits of any size, and a class that is absent does no harm", async () => {
  const one = makeCase(1, 70, 3, 0); // background alone
  const large = { ...one, logits: one.logits.map((x) => 1e4 * x) };
  for (const kind of ["sigmoid", "softmax"] as const) {
    const { loss, gradient } = await run(kind, large);
    assert(Number.isFinite(loss) && gradient.every(Number.isFinite), kind);
  }
});
