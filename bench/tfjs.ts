import { cannot } from "../src/errors/cannot.ts";

/** Version of tfjs. */
export const TFJS_VERSION = "4.22.0";
// Not literals in the imports: otherwise every check and test of the project would fetch the packages.
const PACKAGE = (name: string): string =>
  `npm:@tensorflow/${name}@${TFJS_VERSION}`;

/** A tensor of tfjs. Images are N×H×W×C. */
export interface TfTensor {
  readonly shape: number[];
  /** Reads it back. */
  data(): Promise<Float32Array>;
  /** Frees it. */
  dispose(): void;
}

/** A trained tensor. */
export interface TfVariable extends TfTensor {
  /** Name, which is the key of its gradient. */
  readonly name: string;
  assign(value: TfTensor): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor) => TfTensor;
type Axes = number | number[];

/** The parts of tfjs's interface that are used, so that nothing depends on its types. */
export interface Tf {
  tensor(values: Float32Array, shape: readonly number[]): TfTensor;
  scalar(value: number): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  tile(x: TfTensor, times: number[]): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  concat(parts: TfTensor[], axis: number): TfTensor;
  sum(x: TfTensor, axes?: Axes, keepDims?: boolean): TfTensor;
  max(x: TfTensor, axes: Axes, keepDims: boolean): TfTensor;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly minimum: Binary;
  readonly relu: Unary;
  readonly sigmoid: Unary;
  readonly square: Unary;
  readonly sqrt: Unary;
  stack(tensors: TfTensor[]): TfTensor;
  moments(
    x: TfTensor,
    axes: Axes,
  ): { readonly mean: TfTensor; readonly variance: TfTensor };
  batchNorm(
    x: TfTensor,
    mean: TfTensor,
    variance: TfTensor,
    offset: TfTensor,
    scale: TfTensor,
    epsilon: number,
  ): TfTensor;
  maxPool(
    x: TfTensor,
    side: number,
    stride: number,
    padding: number,
    rounding: "floor",
  ): TfTensor;
  depthwiseConv2d(
    x: TfTensor,
    filter: TfTensor,
    stride: number,
    padding: number,
    format: "NHWC",
    dilation: number,
    rounding: "floor",
  ): TfTensor;
  spaceToBatchND(x: TfTensor, block: number[], pads: number[][]): TfTensor;
  batchToSpaceND(x: TfTensor, block: number[], crops: number[][]): TfTensor;
  dropout(x: TfTensor, rate: number, noiseShape: number[]): TfTensor;
  readonly image: {
    resizeBilinear(
      x: TfTensor,
      size: [number, number],
      alignCorners: false,
      halfPixelCenters: true,
    ): TfTensor;
  };
  readonly fused: {
    conv2d(options: {
      readonly x: TfTensor;
      readonly filter: TfTensor;
      readonly bias?: TfTensor;
      readonly activation: "relu" | "linear";
      readonly strides: number;
      readonly pad: number;
      readonly dilations: number;
      readonly dimRoundingMode: "floor";
    }): TfTensor;
  };
  readonly losses: {
    sigmoidCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor;
  };
  readonly train: {
    adam(
      learningRate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
    ): {
      applyGradients(gradients: Record<string, TfTensor>): void;
      dispose(): void;
    };
  };
  variable(initial: TfTensor): TfVariable;
  variableGrads(
    loss: () => TfTensor,
    variables: TfVariable[],
  ): { readonly value: TfTensor; readonly grads: Record<string, TfTensor> };
  tidy<T>(run: () => T): T;
  keep(x: TfTensor): TfTensor;
  time(run: () => void): Promise<{ readonly kernelMs: number }>;
  setBackend(name: string): Promise<boolean>;
  backend(): {
    readonly queue: GPUQueue;
    readonly commandEncoder: GPUCommandEncoder | null;
    endComputePassEncoder(): void;
    submitQueue(): void;
  };
  env(): { set(flag: string, value: boolean): void };
}

/**
 * Loads tfjs with its WebGPU backend, which requests its own adapter.
 *
 * @throws {Error} If the packages cannot be loaded, or the backend does not start.
 */
export async function loadTfjs(): Promise<Tf> {
  const tf: Tf = await import(PACKAGE("tfjs-core"));
  await import(PACKAGE("tfjs-backend-webgpu"));
  // Otherwise it computes small tensors on the CPU.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  if (!await tf.setBackend("webgpu")) {
    throw cannot("load tfjs", "its WebGPU backend does not start");
  }
  return tf;
}

/**
 * Loads the gradients of tfjs: in Deno its core does not have them, but tfjs-layers registers them.
 *
 * @throws {Error} If the package cannot be loaded.
 */
export async function loadTfjsGradients(): Promise<void> {
  await import(PACKAGE("tfjs-layers"));
}

/** Waits for all work of tfjs. */
export async function settleTfjs(tf: Tf): Promise<void> {
  const backend = tf.backend();
  // It holds up to 15 dispatches back for the next submit.
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.queue.onSubmittedWorkDone();
}
