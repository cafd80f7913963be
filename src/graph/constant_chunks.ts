/** Part of a network's constants: what lies in one GPU buffer. */
export interface Chunk {
  /** Bytes. */
  readonly size: number;
  /** Whether its constants are made on the GPU. */
  readonly computed: boolean;
  /** Its bytes, where they have to be written yet, or again and again. */
  image?: Uint8Array<ArrayBuffer>;
  /** Where it lies. */
  buffer?: GPUBuffer;
  /** Whether that buffer is the store's own. */
  owned?: boolean;
}

/** Where a constant lies in its chunk. */
export interface Place {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly size: number;
}

/** A constant: its bytes, or how many they will be where it is made on the GPU. */
export interface Piece {
  readonly key: string;
  readonly bytes: Uint8Array | number;
}

/** A chunk holds this much, or one constant that is larger. */
const CHUNK = 32 * 2 ** 20;

/** Lays constants out in chunks, in order. Pieces are asked for one by one, so that few are in memory twice. */
export function layOutConstants(
  pieces: Iterable<Piece>,
  { computed }: { readonly computed: boolean },
): { readonly chunks: Chunk[]; readonly places: Map<string, Place> } {
  const chunks: Chunk[] = [];
  const places = new Map<string, Place>();
  let held: (Piece & { readonly offset: number; readonly size: number })[] = [];
  let end = 0;
  const close = () => {
    if (held.length === 0) return;
    const image = computed ? undefined : new Uint8Array(end);
    const chunk: Chunk = { size: end, computed, image };
    chunks.push(chunk);
    for (const { key, bytes, offset, size } of held) {
      if (typeof bytes !== "number") image?.set(bytes, offset);
      places.set(key, { chunk, offset, size });
    }
    [held, end] = [[], 0];
  };
  for (const piece of pieces) {
    const { bytes } = piece;
    const size = typeof bytes === "number" ? bytes : bytes.length;
    if (end + size > CHUNK) close();
    held.push({ ...piece, offset: end, size });
    end += Math.ceil(size / 256) * 256; // WebGPU's alignment of bindings
  }
  close();
  return { chunks, places };
}
