import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { product } from "../../../io/product.ts";
import { type BlockSource, gridPieces } from "../../blocks.ts";
import type { BlockFormat } from "../../codecs/block_job.ts";
import { mostEncoded } from "../../codecs/zarr.ts";
import type { Folder } from "../../folder.ts";
import { ShardReader } from "./shards.ts";
import { stepsOf, type ZarrArray } from "./zarr_array.ts";

/** A plane of an array, in color: its axes by number; all others are at 0. */
export interface Plane {
  readonly folder: Folder;
  readonly array: ZarrArray;
  readonly x: number;
  readonly y: number;
  readonly c: number;
  /** The only channel that is read. Default: the first three. */
  readonly channel?: number;
}

/** Red, green and blue. */
const CHANNELS = 3;

/** Makes the chunks of a plane blocks: each is those of its channels, so that a block has up to three parts. */
export function openChunks(
  { folder, array, x, y, c, channel }: Plane,
  format: BlockFormat,
): BlockSource {
  const { shape, chunk, order, bits } = array;
  const [blockWidth, blockHeight] = [chunk[x], chunk[y]];
  const columns = Math.ceil(shape[x] / blockWidth);
  const steps = stepsOf(chunk, order);
  const shards = array.shard && new ShardReader(folder, array);
  const most = mostEncoded(product(chunk) * bits / 8);
  const one = channel !== undefined;
  const deep = chunk[c] ?? 1;
  const parts = one ? 1 : Math.ceil(CHANNELS / deep);

  function indicesOf(block: number): number[][] {
    const column = block % columns;
    const row = (block - column) / columns;
    return Array.from({ length: parts }, (_, part) => {
      const index = shape.map(() => 0);
      [index[x], index[y]] = [column, row];
      if (c >= 0) index[c] = one ? Math.floor(channel / deep) : part;
      return index;
    });
  }

  async function read(index: readonly number[], signal?: AbortSignal) {
    try {
      return shards
        ? await shards.read(index)
        : await folder.read(array.fileOf(index), { most, signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const reason = reasonOf(cause);
      if (!/answers 403/.test(reason)) throw cause;
      throw cannot(
        "read a chunk",
        `${reason}: it may be absent, since servers whose keys may not be listed, as S3 without ListBucket, answer so instead of 404`,
        { cause },
      );
    }
  }

  return {
    blockWidth,
    blockHeight,
    // Chunks may be deeper than the plane.
    blockBytes: blockWidth * blockHeight * CHANNELS +
      (parts + 1) * product(chunk) * bits / 8,
    piecesIn: (region) =>
      gridPieces({ columns, blockWidth, blockHeight }, region),
    prefetch: shards &&
      ((blocks) => shards.prefetch(blocks.flatMap(indicesOf))),
    async load(block, signal) {
      const parts = await Promise.all(
        indicesOf(block).map((index) => read(index, signal)),
      );
      return {
        format: {
          ...format,
          ...(one && { sample: channel % deep }),
          chunk: {
            codecs: array.codecs,
            samples: product(chunk),
            bigEndian: array.bigEndian,
            channels: deep,
            steps: { x: steps[x], y: steps[y], c: steps[c] ?? 0 },
            fill: array.fill,
          },
        },
        parts,
        width: blockWidth,
        height: blockHeight,
        maxHeight: blockHeight,
      };
    },
  };
}
