import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { ZARR } from "../../codecs/block_job.ts";
import type { StoredPicture } from "../../encoding.ts";
import type { Folder } from "../../folder.ts";
import {
  type Axis,
  type Channel,
  type Dataset,
  type Multiscale,
  readChannels,
  readMultiscale,
  refused,
} from "./multiscales.ts";
import { below, type Json } from "./read_json.ts";
import { readArray, type ZarrArray } from "./zarr_array.ts";
import type { Plane } from "./zarr_blocks.ts";

/** A level of an image: its array, and where the axes are in it. */
export interface ZarrLevel extends Plane {
  readonly dataset: Dataset;
  readonly picture: StoredPicture;
}

/** An image of a store, as far as it is described. */
export interface ZarrImage {
  /** The finest first. */
  readonly levels: readonly ZarrLevel[];
  readonly multiscale: Multiscale;
  readonly channels?: readonly Channel[];
}

/** A group of a store, and the attributes of OME in it. */
export interface ZarrGroup {
  readonly folder: Folder;
  /** Its folder below the store's. */
  readonly path: string;
  /** 2 with OME-Zarr 0.4, 3 with 0.5. */
  readonly version: 2 | 3;
  readonly ome: Json;
  readonly signal?: AbortSignal;
}

/**
 * Reads the levels of a group's image.
 *
 * @param most How many of them, at most, the first ones.
 * @throws {TypeError} If its arrays cannot be read.
 * @throws {SyntaxError} If they are damaged.
 */
export async function readImage(
  group: ZarrGroup,
  most = Infinity,
): Promise<ZarrImage> {
  const { folder, path, version, ome, signal } = group;
  const multiscale = readMultiscale(ome, version === 2 ? "0.4" : "0.5");
  const { axes, datasets } = multiscale;
  const levels = await Promise.all(
    datasets.slice(0, most).map(async (dataset) => {
      const place = below(path, dataset.path);
      const array = await readArray(folder, place, { version, signal })
        .catch((cause) => {
          throw cannot(
            "find the slide",
            `level "${place}": ${reasonOf(cause)}`,
            { cause },
          );
        });
      return toLevel(array, { folder, dataset, axes, version });
    }),
  );
  const area = ({ picture: { width, height } }: ZarrLevel) => width * height;
  return {
    levels: levels.sort((a, b) => area(b) - area(a)),
    multiscale,
    channels: readChannels(ome),
  };
}

function toLevel(
  array: ZarrArray,
  { folder, dataset, axes, version }: {
    readonly folder: Folder;
    readonly dataset: Dataset;
    readonly axes: readonly Axis[];
    readonly version: number;
  },
): ZarrLevel {
  const { shape, chunk, names, path } = array;
  const said = axes.map(({ name }) => name);
  const differs = shape.length !== axes.length ||
    names.some((name, i) => typeof name === "string" && name !== said[i]);
  if (differs) {
    throw refused(
      `its axes are ${said.join()}, but those of its array "${path}" are ${
        names.join() || `${shape.length} others`
      }`,
    );
  }
  const at = (name: string) => said.indexOf(name);
  const [x, y] = [at("x"), at("y")];
  const bits = Array<number>(3).fill(array.bits);
  return {
    folder,
    dataset,
    array,
    x,
    y,
    c: at("c"),
    picture: {
      place: `array "${path}"`,
      width: shape[x],
      height: shape[y],
      tiled: true,
      blockWidth: chunk[x],
      blockHeight: chunk[y],
      samples: 3,
      bits,
      formats: bits.map(() => 1),
      extraSamples: [],
      compression: ZARR,
      predictor: 1,
      photometric: 2,
      planar: true,
      fillOrder: 1,
      description: `Zarr ${version}`,
      subsampling: [1, 1],
      orientation: 1,
      littleEndian: !array.bigEndian,
    },
  };
}
