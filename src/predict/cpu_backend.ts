import { CpuThread } from "../cpu/cpu_thread.ts";
import { ONNXRUNTIME_VERSION } from "../cpu/onnxruntime.ts";
import { collect } from "../gpu/collect.ts";
import type { AdapterDescription } from "../gpu/request_device.ts";
import { type Graph, parametersOf } from "../graph/graph.ts";
import { exportOnnx } from "../graph/onnx/export_onnx.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import type { Architecture } from "../models/architecture.ts";
import type {
  Backend,
  NewNetwork,
  Predictor,
  PredictorOptions,
} from "./backend.ts";
import { CpuPredictor } from "./cpu_predictor.ts";
import { memoryShortage } from "./plan_memory.ts";
import { anyGraph, architectureGraph } from "./read_network.ts";

/** Idle time after which the thread ends, so that a model that is not disposed of does not keep the process alive. */
const IDLE_MS = 60_000;

interface KeptNetwork extends Omit<NewNetwork, "values"> {
  /** Its learned parameters. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Bytes of them. */
  readonly bytes: number;
}

/** A network that onnxruntime has prepared for tiles of one size. */
interface Session {
  readonly side: number;
  users: number;
  readonly opened: Promise<unknown>;
}

/** Networks on the CPU, by onnxruntime. */
export class CpuBackend implements Backend {
  readonly precision = "f32";
  readonly about: AdapterDescription = {
    name: "CPU",
    driver: `onnxruntime ${ONNXRUNTIME_VERSION}`,
    backend: "CPU",
    software: false,
  };
  readonly #limit: number;
  readonly #networks: KeptNetwork[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #predictors = new Set<CpuPredictor>();
  #thread: Promise<CpuThread> | undefined;
  #running: CpuThread | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  private constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Loads onnxruntime.
   *
   * @param options.maxBytes Most bytes of weights, tensors and tiles. Default: no limit.
   * @throws {GpuError} If the package is missing or not permitted; the message has the way out.
   */
  static async create(
    { maxBytes = Infinity }: { readonly maxBytes?: number } = {},
  ): Promise<CpuBackend> {
    const backend = new CpuBackend(maxBytes);
    await backend.thread();
    backend.#rest();
    return backend;
  }

  get identity(): string {
    return `CPU ${Deno.build.os} ${Deno.build.arch} onnxruntime ${ONNXRUNTIME_VERSION}`;
  }

  get bytes(): number {
    const plans = [...this.#predictors].map(({ plan }) => plan.needed);
    return plans.length > 0 ? Math.max(...plans) : this.keptBytes;
  }

  /** Most bytes of weights, tensors and tiles. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes of the weights that are kept, to prepare networks for tiles of other sizes. */
  get keptBytes(): number {
    return this.#networks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The networks. */
  get networks(): readonly Omit<KeptNetwork, "values">[] {
    return this.#networks;
  }

  /** The thread that runs networks; started again if it has ended. */
  thread(): Promise<CpuThread> {
    clearTimeout(this.#idle);
    return this.#thread ??= CpuThread.start().then((thread) => {
      this.#running = thread;
      return thread;
    });
  }

  check(): void {
    this.#running?.check();
  }

  add({ values, ...network }: NewNetwork): Promise<number> {
    const kept = new Map<string, Float32Array>();
    let bytes = 0;
    for (const { name } of parametersOf(anyGraph(network.architecture))) {
      const copy = values(name).slice();
      kept.set(name, copy);
      bytes += copy.byteLength;
    }
    if (bytes > this.#limit) {
      throw memoryShortage([{ ...network, bytes }], {
        capacity: this.#limit,
        limit: this.#limit,
        place: "memory",
      });
    }
    this.#networks.push({ ...network, values: kept, bytes });
    collect(); // what the copies were made of
    return Promise.resolve(bytes);
  }

  async predictor(options: PredictorOptions): Promise<Predictor> {
    const side = options.size + options.expansion;
    const graphs = new Map<Architecture, Graph<"image", "logits">>();
    for (const { architecture } of this.#networks) {
      if (graphs.has(architecture)) continue;
      graphs.set(architecture, architectureGraph(architecture, side));
    }
    const predictor = await CpuPredictor.create(this, options, graphs);
    this.#predictors.add(predictor);
    return predictor;
  }

  /** Prepares a network for tiles of `side` pixels, unless it is; {@linkcode CpuBackend.release} ends its use. */
  async open(network: number, side: number): Promise<void> {
    const thread = await this.thread();
    const key = sessionKey(network, side);
    for (const [other, session] of this.#sessions) {
      if (session.users === 0 && session.side !== side) this.#drop(other);
    }
    const session = this.#sessions.get(key) ??
      { side, users: 0, opened: this.#open(thread, network, side) };
    this.#sessions.set(key, session);
    session.users++;
    try {
      await session.opened;
    } catch (error) {
      this.#sessions.delete(key);
      throw error;
    }
  }

  async #open(
    thread: CpuThread,
    network: number,
    side: number,
  ): Promise<unknown> {
    const { architecture, values } = this.#networks[network];
    const graph = forOnnxruntime(architectureGraph(architecture, side));
    const model = exportOnnx(graph, (name) => values.get(name)!);
    collect(); // folded weights, before onnxruntime needs memory
    const session = sessionKey(network, side);
    const [, channels] = graph.outputs.logits.shape;
    return await thread
      .call({ kind: "open", session, side, channels, model }, [model.buffer]);
  }

  /**
   * Ends a use of a network. It stays prepared until tiles of another size come.
   *
   * @param options.now Whether its memory is needed now.
   */
  release(
    network: number,
    side: number,
    { now = false }: { readonly now?: boolean } = {},
  ): void {
    const key = sessionKey(network, side);
    const session = this.#sessions.get(key);
    if (session && --session.users === 0 && now) this.#drop(key);
  }

  #drop(session: string): void {
    this.#sessions.delete(session);
    this.#running?.call({ kind: "release", session }).catch(() => {});
  }

  /** Takes note that a predictor has ended. */
  leave(predictor: CpuPredictor): void {
    this.#predictors.delete(predictor);
    this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#predictors.size > 0) return;
    this.#idle = setTimeout(() => this.#end(), IDLE_MS);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    this.#sessions.clear();
    await (await thread?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  /** Nothing is measured: onnxruntime chooses its own kernels. */
  tune(): Promise<number> {
    return Promise.resolve(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.#networks.splice(0);
  }
}

/** Names a network prepared for tiles of one size. */
export function sessionKey(network: number, side: number): string {
  return `${network} ${side}`;
}

/** What saves work, without what only this library's kernels can do. */
export function forOnnxruntime<I extends string, O extends string>(
  graph: Graph<I, O>,
): Graph<I, O> {
  return optimizeGraph(graph, {
    skip: ["fuseEpilogue", "storeShuffle", "inlineConcat", "inlineNorm"],
  });
}
