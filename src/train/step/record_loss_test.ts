import { assert, assertEquals } from "@std/assert";
import { assertClose } from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import type { Activation } from "../../io/classes.ts";
import { packedBytes, packTensor, unpackTensor } from "../../kernels/pack.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { UNKNOWN } from "../../labels/label_source.ts";
import { recordSteps } from "./compile_optimizer.ts";
import { recordLoss } from "./record_loss.ts";
import { StepRegisters } from "./step_registers.ts";
import { compileTape, Tape } from "./tape.ts";

interface Case {
  readonly activation: Activation;
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
  /** [N][C][pixels]. */
  readonly logits: Float32Array;
  /** [N][pixels], the number of a class or {@linkcode UNKNOWN}. */
  readonly target: Float32Array;
}

/** The loss that a step records, and its gradient times `weight` and `scale`. */
async function run(
  { activation, logits, target, ...size }: Case,
  { precision = "f32" as Precision, hasUnknown = true, weight = 1, scale = 1 } =
    {},
): Promise<{ loss: number; gradient: Float32Array }> {
  const shape = [size.images, size.channels, 1, size.pixels] as const;
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  using owned = new DisposableStack();
  const range = (name: string, size: number) => {
    const buffer = gpu.buffer(name, size, STORAGE | COPY_SRC | COPY_DST);
    owned.defer(() => gpu.free(buffer));
    return { buffer, offset: 0, size };
  };
  const registers = owned.use(new StepRegisters(gpu));
  registers.writeBatch({ seed: 1, weight });
  registers.writeControl({ step: 0, lossScale: scale, steadySteps: 0 });
  const packed = packTensor(logits, shape, precision);
  const inputs = {
    logits: range("logits", packed.byteLength),
    masks: range("masks", target.byteLength),
  };
  gpu.write(inputs.logits.buffer, 0, new Uint8Array(packed));
  gpu.write(inputs.masks.buffer, 0, target.slice());
  const gradient = range("gradient", packedBytes(shape, precision));
  const tape = new Tape();
  recordLoss(tape, size, {
    ...{ registers, ...inputs, gradient, precision, activation, hasUnknown },
  });
  const { steps } = owned.use(await compileTape(gpu, tape));
  const encoder = gpu.encoder("loss");
  recordSteps(encoder, steps);
  gpu.submit(encoder);
  return {
    loss: new Float32Array(await gpu.read(registers.loss))[0],
    gradient: unpackTensor(await gpu.read(gradient), shape, precision),
  };
}

/** The loss over known pixels as it is defined, in 64 bits. */
function lossOf(
  { activation, images, pixels, channels, target }: Case,
  x: Float64Array,
): number {
  const known = [...target.keys()].filter((i) => target[i] !== UNKNOWN);
  if (known.length === 0) return 0;
  const [both, found, labeled] = [0, 1, 2].map(() => Array(channels).fill(0));
  let entropy = 0;
  assert(target.length === images * pixels);
  for (const i of known) {
    const powers = Array.from(
      { length: channels },
      (_, k) =>
        Math.exp(
          x[(Math.floor(i / pixels) * channels + k) * pixels + i % pixels],
        ),
    );
    const total = powers.reduce((a, b) => a + b);
    powers.forEach((power, k) => {
      if (activation === "sigmoid") {
        const p = power / (1 + power);
        entropy -= Math.log(target[i] === k + 1 ? p : 1 - p) / channels;
        return;
      }
      found[k] += power / total;
      if (target[i] !== k) return;
      labeled[k]++;
      both[k] += power / total;
      entropy -= Math.log(power / total);
    });
  }
  if (activation === "sigmoid") return entropy / known.length;
  const dice = both.map((shared, k) =>
    (2 * shared + 1) / (found[k] + labeled[k] + 1)
  ).slice(1).reduce((a, b) => a + b);
  return entropy / known.length + 1 - dice / (channels - 1);
}

function makeCase(
  activation: Activation,
  [images, pixels, channels]: readonly [number, number, number],
  share = 0.5,
): Case {
  const classes = activation === "softmax" ? channels - 1 : channels;
  const logits = randomValues([images * pixels * channels], "x")
    .map((x) => 3 * x);
  const draw = randomValues([images * pixels], "u");
  const target = randomValues([images * pixels], "t").map((t, i) =>
    Math.abs(draw[i]) < share
      ? UNKNOWN
      : Math.min(classes, Math.floor(Math.abs(t) * 1.3 * (classes + 1)))
  );
  return { activation, images, pixels, channels, logits, target };
}

const KINDS = [["sigmoid", 1], ["sigmoid", 5], ["softmax", 6]] as const;

Deno.test("recordLoss() leaves unknown pixels out of the loss and of its gradient", async () => {
  for (const [activation, channels] of KINDS) {
    const one = makeCase(activation, [3, 11, channels]);
    assert(one.target.includes(UNKNOWN) && one.target.includes(1));
    const { loss, gradient } = await run(one);
    const exact = Float64Array.from(one.logits);
    assertClose([loss], [lossOf(one, exact)], { tolerance: 1e-5 });
    const slopes = Float64Array.from(exact, (_, i) => {
      const moved = [1e-4, -1e-4].map((by) =>
        lossOf(one, exact.map((value, k) => k === i ? value + by : value))
      );
      return (moved[0] - moved[1]) / 2e-4;
    });
    assertClose(gradient, slopes, { tolerance: 1e-5 });
    gradient.forEach((value, i) => {
      const image = Math.floor(i / 11 / channels);
      if (one.target[image * 11 + i % 11] === UNKNOWN) assertEquals(value, 0);
    });
    const scaled = await run(one, { weight: 0.5, scale: 64 });
    assertEquals(scaled.loss, loss);
    assertEquals(scaled.gradient, gradient.map((value) => value * 32));
    const half = await run(one, { precision: "f16" });
    assertClose([half.loss], [loss], { tolerance: 2e-3 });
  }
});

Deno.test("recordLoss() counts known pixels in many workgroups", async () => {
  for (const [activation, channels] of KINDS) {
    const one = makeCase(activation, [1, 66_000, channels], 0.9);
    const { loss } = await run(one);
    const expected = lossOf(one, Float64Array.from(one.logits));
    assertClose([loss], [expected], { tolerance: 1e-5 });
  }
});

Deno.test("recordLoss() is 0 with a gradient of 0 where nothing is known", async () => {
  for (const [activation, channels] of KINDS) {
    const one = makeCase(activation, [2, 70, channels], Infinity);
    assert(one.target.every((value) => value === UNKNOWN));
    for (const precision of ["f32", "f16"] as const) {
      const { loss, gradient } = await run(one, { precision });
      assertEquals([loss, gradient.findIndex((value) => value !== 0)], [0, -1]);
    }
  }
});

Deno.test("recordLoss() is the usual one where all is known", async () => {
  for (const [activation, channels] of KINDS) {
    const one = makeCase(activation, [2, 65, channels], -1);
    assert(!one.target.includes(UNKNOWN));
    const [some, all] = [
      await run(one),
      await run(one, { hasUnknown: false }),
    ];
    assertClose([some.loss], [all.loss], { tolerance: 1e-6 });
    assertClose(some.gradient, all.gradient, { tolerance: 1e-6 });
  }
});
