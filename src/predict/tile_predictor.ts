import { type Dispatch, dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { Profiler } from "../gpu/profiler.ts";
import type { CompiledGraphs } from "../graph/compile_graphs.ts";
import { accumulate } from "../kernels/accumulate.ts";
import { finish } from "../kernels/finish.ts";
import { type Flip, loadTile } from "../kernels/load_tile.ts";
import type { TilePosition } from "../tiles/tile.ts";
import type { Model } from "./model.ts";

/** What every tile of a run has in common, and what is asked of it. */
export interface PredictorOptions {
  /** Side of the centre, after downsampling. */
  readonly size: number;
  /** Total expansion, after downsampling. */
  readonly expansion: number;
  /** Pixels of a tile's picture per tile pixel, each way; their mean is taken. */
  readonly factor: number;
  /** Side of the centre in slide pixels. */
  readonly span: number;
  /** Whether four flips are averaged. */
  readonly flips: boolean;
  /** Probability above which a pixel is in the mask. */
  readonly threshold: number;
  /** Whether probabilities are read back beside the mask. */
  readonly probability: boolean;
  /** Whether they are read back as bytes. */
  readonly probability8?: boolean;
}

/** What is read back of a tile. */
export interface TileResult {
  /** One byte a pixel of the centre, 0 or 1, at slide resolution. */
  readonly mask: Uint8Array;
  /** Probability of each, where it was asked for. */
  readonly probability?: Float32Array;
  /** Probability of each as a byte, 0 to 255, where it was asked for. */
  readonly probability8?: Uint8Array;
}

const NO_FLIP: Flip = { horizontal: false, vertical: false };
const FLIPS: readonly Flip[] = [
  NO_FLIP,
  { horizontal: true, vertical: false },
  { horizontal: false, vertical: true },
  { horizontal: true, vertical: true },
];

/** A model compiled for one kind of tile: pixels in, mask out. */
export class TilePredictor implements Disposable {
  readonly #gpu: Gpu;
  readonly #graphs: CompiledGraphs<"image", "logits">;
  readonly #buffers: Record<string, GPUBuffer>;
  readonly #inputSide: number;
  readonly #outputPixels: number;
  readonly #free: GPUBuffer[] = [];
  readonly #results: ArrayBufferLike[] = [];
  #loads: Dispatch[][] = [];
  #accumulates: Dispatch[][] = [];
  #finish!: Dispatch;

  private constructor(
    gpu: Gpu,
    graphs: CompiledGraphs<"image", "logits">,
    options: PredictorOptions,
  ) {
    this.#gpu = gpu;
    this.#graphs = graphs;
    const side = options.size + options.expansion;
    this.#inputSide = side * options.factor;
    this.#outputPixels = options.span ** 2;
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM } = GPUBufferUsage;
    const buffers: Record<string, GPUBuffer> = {
      pixels: gpu.buffer(
        "tile.pixels",
        Math.ceil(this.#inputSide ** 2 * 3 / 4) * 4,
        STORAGE | COPY_DST,
      ),
      probability: gpu.buffer(
        "tile.probability",
        side * side * 4,
        STORAGE | COPY_DST,
      ),
      mask: gpu.buffer(
        "tile.mask",
        Math.ceil(this.#outputPixels / 4) * 4,
        STORAGE | COPY_SRC,
      ),
      threshold: gpu.buffer("tile.threshold", 16, UNIFORM | COPY_DST),
    };
    if (options.probability) {
      buffers.full = gpu.buffer(
        "tile.full",
        this.#outputPixels * 4,
        STORAGE | COPY_SRC,
      );
    }
    if (options.probability8) {
      buffers.bytes = gpu.buffer(
        "tile.bytes",
        buffers.mask.size,
        STORAGE | COPY_SRC,
      );
    }
    this.#buffers = buffers;
    gpu.device.queue.writeBuffer(
      buffers.threshold,
      0,
      new Float32Array([options.threshold, 0, 0, 0]),
    );
  }

  /** Compiles everything for tiles of one kind. */
  static async create(
    model: Model,
    options: PredictorOptions,
  ): Promise<TilePredictor> {
    const side = options.size + options.expansion;
    const graphs = await model.compile(side);
    let predictor: TilePredictor | undefined;
    try {
      predictor = new TilePredictor(model.gpu, graphs, options);
      await predictor.#compile(model, options);
      return predictor;
    } catch (error) {
      (predictor ?? graphs)[Symbol.dispose]();
      throw error;
    }
  }

  async #compile(model: Model, options: PredictorOptions): Promise<void> {
    const { precision, networks } = model;
    const { size, expansion, factor, span } = options;
    const side = size + expansion;
    const flips = options.flips ? FLIPS : [NO_FLIP];
    const weight = 1 / (flips.length * this.#graphs.executables.length);
    const whole = (buffer: GPUBuffer): BufferRange => ({
      buffer,
      offset: 0,
      size: buffer.size,
    });
    const { pixels, probability, mask, threshold, full, bytes } = this.#buffers;
    const { executables } = this.#graphs;
    this.#loads = await Promise.all(
      executables.map(({ inputs }, i) => {
        const { normalization } = networks[i];
        return Promise.all(flips.map((flip) =>
          this.#gpu.prepare(
            loadTile.program({ side, factor, flip, normalization }, precision),
            { bytes: whole(pixels), output: inputs.image },
          )
        ));
      }),
    );
    this.#accumulates = await Promise.all(
      executables.map(({ outputs }) =>
        Promise.all(
          flips.map((flip) =>
            this.#gpu.prepare(
              accumulate.program({ side, weight, flip }, precision),
              {
                logits: outputs.logits,
                probability: whole(probability),
              },
            )
          ),
        )
      ),
    );
    this.#finish = await this.#gpu.prepare(
      finish.program({
        side,
        centre: size,
        span,
        probability: options.probability,
        bytes: options.probability8,
      }),
      {
        probability: whole(probability),
        mask: whole(mask),
        threshold: whole(threshold),
        ...(full ? { full: whole(full) } : {}),
        ...(bytes ? { bytes: whole(bytes) } : {}),
      },
    );
  }

  /** Submits a tile now and resolves when its result is read back; several may be under way. */
  async predict(
    pixels: Uint8Array,
    { profiler }: { readonly profiler?: Profiler } = {},
  ): Promise<TileResult> {
    const gpu = this.#gpu;
    gpu.check();
    const expected = this.#inputSide ** 2 * 3;
    if (pixels.length !== expected) {
      throw new RangeError(
        `Cannot predict tile as its pixels must be ${expected} bytes, RGB of ${this.#inputSide} a side: received ${pixels.length}`,
      );
    }
    writeBytes(gpu, this.#buffers.pixels, pixels);
    let encoder = gpu.encoder("tile");
    encoder.clearBuffer(this.#buffers.probability);
    this.#graphs.executables.forEach((executable, model) => {
      this.#loads[model].forEach((load, flip) => {
        record(encoder, load, profiler);
        executable.record(encoder, profiler);
        record(encoder, this.#accumulates[model][flip], profiler);
        // One submit a network: some drivers kill what runs for seconds, as all of an ensemble may.
        gpu.submit(encoder);
        encoder = gpu.encoder("tile");
      });
    });
    record(encoder, this.#finish, profiler);

    const { mask, full, bytes } = this.#buffers;
    const parts = [mask, full, bytes].filter((part) => part !== undefined);
    const staging = this.#free.pop() ?? gpu.buffer(
      "tile.staging",
      parts.reduce((sum, { size }) => sum + size, 0),
      GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    );
    const offsets = new Map<GPUBuffer, number>();
    let end = 0;
    for (const part of parts) {
      encoder.copyBufferToBuffer(part, 0, staging, end, part.size);
      offsets.set(part, end);
      end += part.size;
    }
    gpu.submit(encoder);
    await gpu.guard(staging.mapAsync(GPUMapMode.READ));
    const read = this.#results.pop() ?? new ArrayBuffer(staging.size);
    new Uint8Array(read).set(new Uint8Array(staging.getMappedRange()));
    staging.unmap();
    this.#free.push(staging);
    // Buffers are rounded up to whole vectors, results are not.
    const count = this.#outputPixels;
    return {
      mask: new Uint8Array(read, 0, count),
      probability: full && new Float32Array(read, offsets.get(full), count),
      probability8: bytes && new Uint8Array(read, offsets.get(bytes), count),
    };
  }

  /** Takes the arrays of a result back, to read another into them. */
  reuse({ mask }: TileResult): void {
    this.#results.push(mask.buffer);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    this.#graphs[Symbol.dispose]();
    const buffers = [...Object.values(this.#buffers), ...this.#free.splice(0)];
    for (const buffer of buffers) this.#gpu.free(buffer);
  }
}

function record(
  encoder: GPUCommandEncoder,
  kernel: Dispatch,
  profiler?: Profiler,
): void {
  const { name } = kernel.pipeline.program;
  const pass = encoder.beginComputePass(
    profiler?.pass(name, kernel) ?? { label: name },
  );
  dispatch(pass, kernel);
  pass.end();
}

/** Writes bytes of any length; WebGPU takes multiples of four only. */
function writeBytes(gpu: Gpu, buffer: GPUBuffer, pixels: Uint8Array): void {
  const bytes = pixels as Uint8Array<ArrayBuffer>; // shared memory would be refused by WebGPU
  const even = bytes.length - bytes.length % 4;
  const { queue } = gpu.device;
  queue.writeBuffer(buffer, 0, bytes, 0, even);
  if (even < bytes.length) {
    const rest = new Uint8Array(4);
    rest.set(bytes.subarray(even));
    queue.writeBuffer(buffer, even, rest);
  }
}

/** Whether two tiles are of one kind. */
export function sameGeometry(a: TilePosition, b: TilePosition): boolean {
  return a.size === b.size && a.expansion === b.expansion &&
    a.downsample === b.downsample;
}
