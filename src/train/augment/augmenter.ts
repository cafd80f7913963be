import { cannot } from "../../errors/cannot.ts";
import { type Dispatch, dispatch } from "../../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Program } from "../../gpu/program.ts";
import {
  blurTile,
  colorTile,
  equalizeTile,
  warpTile,
} from "../../kernels/augment.ts";
import type { Normalization } from "../../kernels/tile.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { type Augmentation, NOTHING, type TilePixels } from "./augmentation.ts";
import {
  clipLimit,
  COLOR_WORDS,
  colorParameters,
  type Cutout,
} from "./draw_augmentation.ts";
import { WARP_WORDS, warpParameters } from "./warp_parameters.ts";

/** Options for {@linkcode Augmenter}.
 * @category Augmentation */
export interface AugmenterOptions {
  /** Side of the square tiles in pixels, a multiple of 32. */
  readonly side: number;
  /** Mean and standard deviation of each channel, from 0 to 1. */
  readonly normalization: Normalization;
  /** Storage of the images. Default: `"f32"`. */
  readonly precision?: Precision;
}

/** Options for {@linkcode Augmenter.load}.
 * @category Augmentation */
export interface LoadBatchOptions {
  /** Output images, such as `TrainingStep.images`: [N][1][side][side] of (red, green, blue, 0), in the augmenter's precision. */
  readonly images: BufferRange;
  /** Output masks, such as `TrainingStep.masks`: [N][side][side] of f32. */
  readonly masks: BufferRange;
  /** Augmentation of each tile. Default: none. */
  readonly augmentations?: readonly Augmentation[];
  /** Rectangle that is cut out of every tile. Default: none. */
  readonly cutout?: Cutout;
}

type Resources = Record<string, BufferRange>;

/**
 * Uploads training tiles to the GPU and augments them: geometry in one resampling, then blur or noise, color,
 * normalization and cutout. Each stage but the last rounds to 8 bits, as a chain of OpenCV calls does. GPU memory is that
 * of one tile, for any batch size.
 *
 * @example
 * ```ts
 * import { Gpu } from "@tilewise/tilewise/gpu";
 * import { hubmapNormalization } from "@tilewise/tilewise";
 * import { Augmenter, drawAugmentation, drawCutout, Random } from "@tilewise/tilewise/train";
 *
 * const [side, seed, epoch, sample] = [32, 1, 0, 7];
 * using gpu = await Gpu.request();
 * const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
 * const range = (size: number) => ({ buffer: gpu.device.createBuffer({ size, usage }), offset: 0, size });
 * using augmenter = await Augmenter.create(gpu, { side, normalization: hubmapNormalization });
 * const tile = { pixels: new Uint8Array(side * side * 3), mask: new Uint8Array(side * side) };
 * augmenter.load([tile], {
 *   images: range(side * side * 16),
 *   masks: range(side * side * 4),
 *   augmentations: [drawAugmentation(new Random(seed, epoch, sample))],
 *   cutout: drawCutout(new Random(seed, epoch, 1), side),
 * });
 * ```
 * @category Augmentation
 */
export class Augmenter implements Disposable {
  readonly #gpu: Gpu;
  readonly #side: number;
  readonly #texel: number;
  readonly #programs: Readonly<Record<string, Program>>;
  readonly #buffers: Readonly<Record<string, BufferRange>>;
  readonly #dispatches = new Map<string, Dispatch>();
  readonly #images = new WeakMap<GPUBuffer, number>();
  #count = 0;
  #disposed = false;

  private constructor(gpu: Gpu, options: AugmenterOptions) {
    const { side, normalization, precision = "f32" } = options;
    this.#gpu = gpu;
    this.#side = side;
    this.#texel = precision === "f16" ? 8 : 16;
    this.#programs = {
      warp: warpTile.program({ side }),
      blur3: blurTile.program({ side, taps: 3 }),
      blur5: blurTile.program({ side, taps: 5 }),
      blur7: blurTile.program({ side, taps: 7 }),
      equalize: equalizeTile.program({ side }),
      color: colorTile.program({ side, normalization }, precision),
    };
    const { STORAGE, COPY_DST } = GPUBufferUsage;
    const make = (name: string, size: number): BufferRange => {
      const label = `augment.${name}`;
      const buffer = gpu.buffer(label, size, STORAGE | COPY_DST);
      return { buffer, offset: 0, size: buffer.size };
    };
    const pixels = side * side;
    this.#buffers = {
      bytes: make("bytes", pixels * 3),
      labels: make("labels", pixels),
      warpParameters: make("warp_parameters", WARP_WORDS * 4),
      colorParameters: make("color_parameters", COLOR_WORDS * 4),
      limit: make("limit", 4),
      table: make("table", 64 * 256 * 4),
      warped: make("warped", pixels * 4),
      blurred: make("blurred", pixels * 4),
    };
  }

  /**
   * Compiles the kernels and creates the buffers.
   *
   * @throws {RangeError} If `side` is not a positive multiple of 32.
   * @throws {GpuError} If the device fails or its limits are too small.
   */
  static async create(
    gpu: Gpu,
    options: AugmenterOptions,
  ): Promise<Augmenter> {
    const { side } = options;
    if (!Number.isInteger(side) || side < 32 || side % 32 !== 0) {
      throw cannot("augment tiles", "side must be a positive multiple of 32", {
        received: side,
        kind: RangeError,
      });
    }
    const augmenter = new Augmenter(gpu, options);
    try {
      await augmenter.#compile();
    } catch (error) {
      augmenter[Symbol.dispose]();
      throw error;
    }
    return augmenter;
  }

  async #compile(): Promise<void> {
    const { bytes, labels, limit, table, warped, blurred } = this.#buffers;
    const parameters = this.#buffers.warpParameters;
    const blur = { image: warped, output: blurred };
    const resources: Record<string, [string, Resources]> = {
      warp: ["warp", { bytes, labels, parameters, output: warped }],
      blur3: ["blur3", blur],
      blur5: ["blur5", blur],
      blur7: ["blur7", blur],
      equalizeWarped: ["equalize", { image: warped, limit, table }],
      equalizeBlurred: ["equalize", { image: blurred, limit, table }],
    };
    await Promise.all([
      ...Object.entries(resources).map(async ([name, [program, bound]]) => {
        const pipeline = await this.#gpu.pipeline(this.#programs[program]);
        const bindings = this.#gpu.bind(pipeline, bound);
        this.#dispatches.set(name, { pipeline, bindings });
      }),
      this.#gpu.pipeline(this.#programs.color).then((pipeline) => {
        this.#color = pipeline;
      }),
    ]);
  }

  #color!: Dispatch["pipeline"];

  /**
   * Queues the upload and augmentation of a batch, and returns. Work that is queued later on the device sees the result.
   *
   * @throws {RangeError} If a tile has another size, a range is too small, or augmentations are missing.
   */
  load(tiles: readonly TilePixels[], options: LoadBatchOptions): void {
    if (this.#disposed) {
      throw cannot("augment tiles", "the augmenter was disposed");
    }
    const { images, masks, augmentations } = options;
    const pixels = this.#side ** 2;
    const { length } = tiles;
    const fail = (reason: string): never => {
      throw cannot(`augment ${length} tiles`, reason, { kind: RangeError });
    };
    const misfit = tiles.find(({ pixels: rgb, mask }) =>
      rgb.length !== pixels * 3 || mask.length !== pixels
    );
    if (misfit) {
      fail(
        `each must have ${this.#side}×${this.#side} pixels, received ${misfit.pixels.length} bytes of pixels and ${misfit.mask.length} of mask`,
      );
    }
    if (
      images.size < length * pixels * this.#texel ||
      masks.size < length * pixels * 4
    ) {
      fail(
        `images and masks are too small for them (${images.size} and ${masks.size} bytes)`,
      );
    }
    if (augmentations && augmentations.length !== length) {
      fail(`received ${augmentations.length} augmentations`);
    }
    tiles.forEach((tile, i) =>
      this.#loadTile(tile, { ...options, i, one: augmentations?.[i] })
    );
  }

  #loadTile(
    { pixels, mask }: TilePixels,
    { images, masks, cutout, i, one = NOTHING }: LoadBatchOptions & {
      i: number;
      one?: Augmentation;
    },
  ): void {
    const { distortion, color } = one;
    this.#write("bytes", pixels);
    this.#write("labels", mask);
    this.#write("warpParameters", warpParameters(one, this.#side));
    this.#write("colorParameters", colorParameters(one, cutout));
    const kernels = ["warp"];
    let image: "warped" | "blurred" = "warped";
    if (distortion?.kind === "blur") {
      kernels.push(`blur${distortion.taps}`);
      image = "blurred";
    }
    if (color?.kind === "clahe") {
      this.#write("limit", Uint32Array.of(clipLimit(color.clip, this.#side)));
      kernels.push(image === "warped" ? "equalizeWarped" : "equalizeBlurred");
    }
    const encoder = this.#gpu.encoder("augment");
    for (
      const kernel of [
        ...kernels.map((name) => this.#dispatches.get(name)!),
        this.#coloring(image, { images, masks, i }),
      ]
    ) {
      const label = kernel.pipeline.program.name;
      const pass = encoder.beginComputePass({ label });
      dispatch(pass, kernel);
      pass.end();
    }
    this.#gpu.submit(encoder);
  }

  /** The last kernel, bound to a tile's place in the batch. Cached. */
  #coloring(
    image: "warped" | "blurred",
    { images, masks, i }: {
      images: BufferRange;
      masks: BufferRange;
      i: number;
    },
  ): Dispatch {
    const key = `color ${image} ${i} ${this.#number(images)} ${
      this.#number(masks)
    }`;
    let made = this.#dispatches.get(key);
    if (!made) {
      const place = ({ buffer, offset }: BufferRange, texel: number) => {
        const size = this.#side ** 2 * texel;
        return { buffer, offset: offset + i * size, size };
      };
      const bindings = this.#gpu.bind(this.#color, {
        image: this.#buffers[image],
        table: this.#buffers.table,
        parameters: this.#buffers.colorParameters,
        images: place(images, this.#texel),
        masks: place(masks, 4),
      });
      made = { pipeline: this.#color, bindings };
      this.#dispatches.set(key, made);
    }
    return made;
  }

  /** A key that identifies a buffer and an offset. */
  #number({ buffer, offset }: BufferRange): string {
    let number = this.#images.get(buffer);
    if (number === undefined) this.#images.set(buffer, number = this.#count++);
    return `${number}+${offset}`;
  }

  #write(name: string, data: Uint8Array | Uint32Array): void {
    const bytes = data as Uint8Array<ArrayBuffer>; // shared memory would be refused by WebGPU
    this.#gpu.write(this.#buffers[name].buffer, 0, bytes);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const { buffer } of Object.values(this.#buffers)) {
      this.#gpu.free(buffer);
    }
    this.#dispatches.clear();
  }
}
