import type { Graph } from "../src/graph/graph.ts";
import type { ParameterValues } from "../src/graph/tensor.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";

/** What an engine is to run: a graph with its weights on given inputs. */
export interface Work {
  /** The graph, plain: each engine optimises as it can. Its first output is the result. */
  readonly graph: Graph;
  /** The weights. */
  readonly values: ParameterValues;
  /** N×C×H×W values of each input. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** How an engine prepares. */
export interface PrepareOptions {
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** How many runs are to be timed kernel by kernel, on the GPU; 0 where the clock on the wall is asked. */
  readonly timedRuns: number;
}

/** An engine with work compiled and loaded: inputs and outputs stay on the GPU. */
export interface Prepared extends AsyncDisposable {
  /** Hands one run to the device, without waiting for it where the engine can. */
  submit(): Promise<void>;
  /** Waits until the device has done all that was submitted. */
  settle(): Promise<void>;
  /** N×C×H×W values of the last run's result. */
  result(): Promise<Float32Array>;
  /** Milliseconds that the kernels of each timed run took on the GPU. Call it once, at the end. */
  kernelTimes(): Promise<number[]>;
}

/** A training step: forward with batch statistics and dropout, backward, clipping, Adam. */
export interface TrainingWork {
  /** The graph, as it was built, of which `image` goes in; its first output is the logits. */
  readonly graph: Graph;
  /** The weights to start from. */
  readonly values: ParameterValues;
  /** N×C×H×W values of the image. */
  readonly image: Float32Array;
  /** N×1×H×W values of the mask, 0 to 1. */
  readonly mask: Float32Array;
  /** The update's settings. */
  readonly optimizer: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly maxNorm: number;
  };
}

/** An engine with a training step compiled and loaded; its parameters stay on the GPU. */
export interface PreparedTraining extends AsyncDisposable {
  /** Hands one step to the device, without waiting for it. */
  submit(): void;
  /** Waits until the device has done all that was submitted. */
  settle(): Promise<void>;
  /** The last step's loss, before its update. */
  loss(): Promise<number>;
}

/** What is measured: this library, or one it is compared with. */
export interface Engine {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Storage that it can use on the adapter. */
  readonly precisions: readonly Precision[];
  /** Compiles and loads. */
  prepare(work: Work, options: PrepareOptions): Promise<Prepared>;
  /** Compiles and loads a training step, where the engine can train on the GPU. */
  prepareTraining?(work: TrainingWork): Promise<PreparedTraining>;
}
