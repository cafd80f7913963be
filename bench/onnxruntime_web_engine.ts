import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { Engine, Prepared, PrepareOptions, Work } from "./engine.ts";
import { exportOnnx, floatBytes } from "../src/graph/onnx/export_onnx.ts";
import {
  captureConsole,
  parseKernelTimes,
  watchConsole,
} from "./kernel_log.ts";
import { watchAdapter } from "./watch_adapter.ts";

const VERSION = "1.30.0";
// Not literals in the imports: otherwise every check and test of the project would fetch the package.
const PACKAGE = `npm:onnxruntime-web@${VERSION}`;

// The parts of the package's interface that are used, so that nothing depends on its types.
interface OrtTensor {
  getData(): Promise<Float32Array | Float16Array | Uint16Array>;
  dispose(): void;
}
interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  endProfiling(): void;
  release(): Promise<void>;
}
interface Ort {
  readonly env: {
    readonly wasm: { numThreads: number; wasmBinary?: Uint8Array };
    readonly webgpu: { device: GPUDevice | Promise<GPUDevice> };
    logLevel: string;
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: unknown): Promise<OrtSession>;
  };
  readonly Tensor: {
    fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: string; dims: readonly number[] },
    ): OrtTensor;
  };
}

/**
 * onnxruntime-web's WebGPU execution provider.
 *
 * It requests its own adapter, which is passed to `onAdapter`. Sessions do not fall back to the CPU.
 *
 * @throws {Error} If the package cannot be loaded: it is not cached and there is no network.
 */
export async function onnxruntimeWebEngine(
  { onAdapter, precisions = ["f32"] }: {
    readonly onAdapter: (info: GPUAdapterInfo) => void;
    /** Precisions to use. f16 needs the adapter's `shader-f16`. */
    readonly precisions?: readonly Precision[];
  },
): Promise<Engine> {
  watchConsole();
  const ort: Ort = await import(`${PACKAGE}/webgpu`);
  try {
    // As a module, the WebAssembly file needs no read permission for the package cache.
    const url = `${PACKAGE}/ort-wasm-simd-threaded.asyncify.wasm`;
    const { default: binary } = await import(url, { with: { type: "bytes" } });
    ort.env.wasm.wasmBinary = binary;
  } catch {
    // Without --unstable-raw-imports, it reads the file itself, which needs --allow-read.
  }
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  watchAdapter(onAdapter);
  return {
    name: "onnxruntime-web",
    version: VERSION,
    precisions,
    prepare: (work, options) => prepare(ort, work, options),
  };
}

async function prepare(
  ort: Ort,
  { graph, values, inputs, file }: Work,
  { precision, timedRuns }: PrepareOptions,
): Promise<Prepared> {
  const session = await ort.InferenceSession.create(
    file && precision === "f32"
      ? file
      : exportOnnx(graph, values, { precision }),
    {
      executionProviders: ["webgpu"],
      preferredOutputLocation: "gpu-buffer",
      enableProfiling: timedRuns > 0,
      extra: { session: { disable_cpu_ep_fallback: "1" } },
    },
  );
  const device = await ort.env.webgpu.device;
  const buffers: GPUBuffer[] = [];
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, { shape }] of Object.entries(graph.inputs)) {
    const data = toStorage(inputs[name], precision);
    const buffer = device.createBuffer({
      label: `onnxruntime-web.${name}`,
      size: Math.ceil(data.byteLength / 16) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST |
        GPUBufferUsage.COPY_SRC,
    });
    device.queue.writeBuffer(buffer, 0, data);
    buffers.push(buffer);
    feeds[name] = ort.Tensor.fromGpuBuffer(buffer, {
      dataType: precision === "f16" ? "float16" : "float32",
      dims: shape,
    });
  }
  const [output] = Object.keys(graph.outputs);
  let last: OrtTensor | undefined;
  return {
    async submit() {
      const results = await session.run(feeds);
      last?.dispose(); // its buffer is reused by the next run
      last = results[output];
    },
    settle: () => device.queue.onSubmittedWorkDone(),
    async result() {
      const data = await last!.getData();
      return data instanceof Uint16Array
        ? Float32Array.from(
          new Float16Array(data.buffer, data.byteOffset, data.length),
        )
        : Float32Array.from(data);
    },
    kernelTimes() {
      const profile = captureConsole(() => session.endProfiling());
      return Promise.resolve(parseKernelTimes(profile, { runs: timedRuns }));
    },
    async [Symbol.asyncDispose]() {
      last?.dispose();
      await session.release();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

function toStorage(
  values: Float32Array,
  precision: Precision,
): Uint8Array<ArrayBuffer> {
  const bytes = floatBytes(values, precision);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}
