import type { Folder } from "../../folder.ts";
import { refused } from "./multiscales.ts";
import { below, isObject, readJson } from "./read_json.ts";
import type { ZarrGroup } from "./zarr_image.ts";

/**
 * Opens a group by its documents: `zarr.json` of Zarr 3, or `.zattrs` of Zarr 2. Both are asked for, as servers do not list
 * what there is.
 *
 * @throws {TypeError} If it is neither an image of OME-Zarr nor several.
 */
export async function openGroup(
  folder: Folder,
  path: string,
  signal?: AbortSignal,
): Promise<ZarrGroup> {
  const [json, attributes] = await Promise.allSettled(
    ["zarr.json", ".zattrs"].map((name) =>
      readJson(folder, below(path, name), signal)
    ),
  );
  const group = { folder, path, signal };
  const third = valueOf(json);
  const ome = isObject(third?.attributes) ? third.attributes.ome : undefined;
  const second = valueOf(attributes);
  if (isObject(ome)) return checked({ ...group, version: 3, ome });
  if (second) return checked({ ...group, version: 2, ome: second });
  // A server that refuses the one may say so of what is not there; what it refuses of both, it has.
  for (const result of [json, attributes]) {
    if (result.status === "rejected") throw result.reason;
  }
  const isArray = third?.node_type === "array" ||
    await readJson(folder, below(path, ".zarray"), signal);
  throw refused(
    isArray
      ? "it is a single array of a Zarr, without OME metadata: open the group above it"
      : third
      ? "it is a Zarr group without OME metadata (attributes.ome in zarr.json)"
      : "it is not an OME-Zarr: it has neither zarr.json nor .zattrs",
  );
}

function valueOf<T>(result: PromiseSettledResult<T>): T | undefined {
  return result.status === "fulfilled" ? result.value : undefined;
}

/** Refuses groups that are something else than images. */
function checked(group: ZarrGroup): ZarrGroup {
  const { ome } = group;
  const at = (path: string) => `SLIDE.zarr/${path.slice(0, 40)}`;
  const has = (key: string) => ome[key] !== undefined;
  const wells = isObject(ome.plate) && Array.isArray(ome.plate.wells)
    ? ome.plate.wells
    : [];
  const reason = has("plate")
    ? `it is a plate of ${wells.length} wells: open one of its images, as ${
      at(`${firstPath(wells)}/0`)
    }`
    : has("well")
    ? `it is a well of a plate: open one of its images, as ${at("A/1/0")}`
    : has("image-label")
    ? "it is a label image, whose samples are numbers of objects: open the image that it belongs to, two folders above"
    : has("multiscales") || has("bioformats2raw.layout")
    ? undefined
    : has("labels")
    ? "it is the group of an image's labels: open the image, the folder above"
    : "it is a Zarr group without an image of OME-Zarr (multiscales)";
  if (reason) throw refused(reason);
  return group;
}

function firstPath(wells: readonly unknown[]): string {
  const [well] = wells;
  return isObject(well) && typeof well.path === "string" ? well.path : "A/1";
}
