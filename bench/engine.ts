import type { Graph } from "../src/graph/graph.ts";
import type { ParameterValues } from "../src/graph/tensor.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";

/** Work for an engine: a graph with weights and inputs. */
export interface Work {
  /** The graph as built: each engine optimizes it as it can. The first output is the result. */
  readonly graph: Graph;
  /** Weights. */
  readonly values: ParameterValues;
  /** N×C×H×W values of each input. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** The ONNX file that the graph was made of, for engines that read such. Default: none. */
  readonly file?: Uint8Array;
}

/** Options for {@linkcode Engine.prepare}. */
export interface PrepareOptions {
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Number of runs to time on the GPU, kernel by kernel; 0 for wall-clock times. */
  readonly timedRuns: number;
}

/** Compiled work. Inputs and outputs stay on the GPU. */
export interface Prepared extends AsyncDisposable {
  /** Submits one run, without waiting for it if the engine allows that. */
  submit(): Promise<void>;
  /** Waits for all submitted work. */
  settle(): Promise<void>;
  /** Result of the last run: N×C×H×W values. */
  result(): Promise<Float32Array>;
  /** GPU time of each timed run's kernels, in milliseconds. Call it once, at the end. */
  kernelTimes(): Promise<number[]>;
}

/** A training step: forward with batch statistics and dropout, backward, clipping, Adam. */
export interface TrainingWork {
  /** The graph as built. Its input is `image`, and its first output are the logits. */
  readonly graph: Graph;
  /** Initial weights. */
  readonly values: ParameterValues;
  /** N×C×H×W values of the image. */
  readonly image: Float32Array;
  /** N×1×H×W values of the mask, 0 to 1. */
  readonly mask: Float32Array;
  /** Settings of the update. */
  readonly optimizer: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly maxNorm: number;
  };
}

/** A compiled training step. Its parameters stay on the GPU. */
export interface PreparedTraining extends AsyncDisposable {
  /** Submits one step, without waiting for it. */
  submit(): void;
  /** Waits for all submitted work. */
  settle(): Promise<void>;
  /** Loss of the last step, before its update. */
  loss(): Promise<number>;
}

/** An engine to measure: this library, or one that it is compared with. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Precisions that it supports on the adapter. */
  readonly precisions: readonly Precision[];
  /** Compiles work. */
  prepare(work: Work, options: PrepareOptions): Promise<Prepared>;
  /** Compiles a training step, if the engine can train on the GPU. */
  prepareTraining?(work: TrainingWork): Promise<PreparedTraining>;
}
