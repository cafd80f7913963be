import { cannot } from "../errors/cannot.ts";
import {
  allocateBuffers,
  type BufferRequest,
} from "../gpu/allocate_buffers.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { TileKind, TileResult } from "./backend.ts";
import type { TileBytes } from "./plan_memory.ts";

/** The buffers of one tile in flight. */
export interface TileSlot {
  /** Its pixels after downsampling, one word each. */
  readonly picture: GPUBuffer;
  /** Sum of the networks' probabilities so far, class by class. */
  readonly probability: GPUBuffer;
  /** Sum of their votes so far, if requested. */
  readonly votes?: GPUBuffer;
}

/** The buffers of a run's tiles. */
export interface TileBuffers {
  /** A tile's uploaded pixels. */
  readonly pixels: GPUBuffer;
  /** One per tile of a batch. */
  readonly slots: readonly TileSlot[];
  /** The threshold, for a uniform binding. */
  readonly threshold: GPUBuffer;
  /** Results of one tile, in the order of reading them back. */
  readonly results: {
    readonly mask: GPUBuffer;
    readonly full?: GPUBuffer;
    readonly bytes?: GPUBuffer;
    readonly fulls?: GPUBuffer;
    readonly planes?: GPUBuffer;
    readonly votes?: GPUBuffer;
  };
  /** For reading back results: one per tile in flight. */
  readonly staging: readonly GPUBuffer[];
  /** All of these buffers. */
  readonly all: readonly GPUBuffer[];
}

/** Creates the buffers, all or none. */
export async function allocateTileBuffers(
  gpu: Gpu,
  kind: TileKind,
  { slots, staging }: { readonly slots: number; readonly staging: number },
): Promise<TileBuffers> {
  const requests = requestsOf(kind);
  const { threshold, pixels, picture, probability, votes, results } = requests;
  const most = gpu.device.limits.maxStorageBufferBindingSize;
  const largest = Math.max(
    ...[probability, ...Object.values(results)].map(({ size }) => size),
  );
  if (largest > most) {
    throw cannot(
      "predict tiles",
      `the probabilities of ${
        kind.classes ?? 1
      } classes take ${largest} bytes, more than the ${most} that the adapter binds; use smaller tiles`,
      { kind: RangeError },
    );
  }
  const all = await allocateBuffers(gpu, [
    threshold,
    pixels,
    ...Object.values(results),
    ...Array.from(
      { length: slots },
      () => [picture, probability, ...votes],
    ).flat(),
    ...Array.from({ length: staging }, () => requests.staging),
  ]);
  const rest = [...all];
  return {
    all,
    threshold: rest.shift()!,
    pixels: rest.shift()!,
    results: Object.fromEntries(
      Object.keys(results).map((name) => [name, rest.shift()!]),
    ) as TileBuffers["results"],
    slots: Array.from({ length: slots }, () => {
      const [picture, probability, ...more] = rest.splice(0, 2 + votes.length);
      return { picture, probability, votes: more[0] };
    }),
    staging: rest,
  };
}

/** Sizes of the buffers. */
export function tileBytes(
  kind: TileKind,
  { inFlight }: { readonly inFlight: number },
): Omit<TileBytes, "most"> {
  const { threshold, pixels, picture, probability, votes, results, staging } =
    requestsOf(kind);
  const slot = sumOf([picture, probability, ...votes]);
  return {
    fixed: sumOf([threshold, pixels, ...Object.values(results)]),
    each: slot + staging.size,
    unswapped: slot + staging.size * inFlight,
  };
}

/** The buffers of results, in the order of reading them back. */
export function resultBuffers({ results }: TileBuffers): readonly GPUBuffer[] {
  const { mask, full, bytes, fulls, planes, votes } = results;
  return [mask, full, bytes, fulls, planes, votes]
    .filter((one) => one !== undefined);
}

/** The results of a tile in what was read back. */
export function resultIn(
  read: ArrayBufferLike,
  buffers: TileBuffers,
  { span, size, classes = 1 }: Pick<TileKind, "span" | "size" | "classes">,
): TileResult {
  const { full, bytes, fulls, planes, votes } = buffers.results;
  // Buffers are rounded up to whole vectors, results are not.
  const count = span ** 2;
  const offsets = new Map<GPUBuffer, number>();
  let end = 0;
  for (const buffer of resultBuffers(buffers)) {
    offsets.set(buffer, end);
    end += buffer.size;
  }
  const ofEach = <T>(
    buffer: GPUBuffer,
    bytes: number,
    view: (at: number) => T,
  ) =>
    Array.from(
      { length: classes },
      (_, k) => view(offsets.get(buffer)! + k * bytes),
    );
  return {
    mask: new Uint8Array(read, 0, count),
    probability: full && new Float32Array(read, offsets.get(full), count),
    probability8: bytes && new Uint8Array(read, offsets.get(bytes), count),
    ...(fulls && {
      probabilities: ofEach(
        fulls,
        count * 4,
        (at) => new Float32Array(read, at, count),
      ),
    }),
    ...(planes && {
      probabilities8: ofEach(
        planes,
        Math.ceil(count / 4) * 4,
        (at) => new Uint8Array(read, at, count),
      ),
    }),
    ...(votes && {
      votes8: new Uint8Array(read, offsets.get(votes), size ** 2),
    }),
  };
}

/** Writes bytes of any length; WebGPU accepts only multiples of four. */
export function writePixels(
  gpu: Gpu,
  buffer: GPUBuffer,
  pixels: Uint8Array,
): void {
  const bytes = pixels as Uint8Array<ArrayBuffer>; // shared memory would be refused by WebGPU
  const even = bytes.length - bytes.length % 4;
  gpu.write(buffer, 0, bytes.subarray(0, even));
  if (even < bytes.length) {
    const rest = new Uint8Array(4);
    rest.set(bytes.subarray(even));
    gpu.write(buffer, even, rest);
  }
}

function requestsOf(
  { size, expansion, factor, span, classes = 1, ...keep }: TileKind,
) {
  const side = size + expansion;
  const { STORAGE, COPY_DST, COPY_SRC, UNIFORM, MAP_READ } = GPUBufferUsage;
  const request = (
    name: string,
    size: number,
    usage: GPUBufferUsageFlags,
  ): BufferRequest => ({
    label: `tile.${name}`,
    size: Math.max(Math.ceil(size / 4) * 4, 16),
    usage,
  });
  const output = STORAGE | COPY_SRC;
  const [pixels, bytes] = [span ** 2, Math.ceil(span ** 2 / 4) * 4];
  const results = {
    mask: request("mask", pixels, output),
    ...(keep.probability && { full: request("full", pixels * 4, output) }),
    ...(keep.probability8 && { bytes: request("bytes", pixels, output) }),
    ...(keep.probabilities &&
      { fulls: request("fulls", classes * pixels * 4, output) }),
    ...(keep.probabilities8 &&
      { planes: request("planes", classes * bytes, output) }),
    ...(keep.votes && { votes: request("voted", size ** 2, output) }),
  };
  return {
    pixels: request("pixels", (side * factor) ** 2 * 3, STORAGE | COPY_DST),
    picture: request("picture", side * side * 4, STORAGE),
    probability: request(
      "probability",
      classes * side * side * 4,
      STORAGE | COPY_DST,
    ),
    votes: keep.votes
      ? [request("votes", side * side * 4, STORAGE | COPY_DST)]
      : [],
    threshold: request("threshold", 16, UNIFORM | COPY_DST),
    results,
    staging: request(
      "staging",
      sumOf(Object.values(results)),
      COPY_DST | MAP_READ,
    ),
  };
}

function sumOf(requests: readonly BufferRequest[]): number {
  return requests.reduce((sum, { size }) => sum + size, 0);
}
