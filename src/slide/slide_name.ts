/** What is at the top of a Zarr: the folder has the slide's name. */
const IN_FOLDER = /^(zarr\.json|\.zattrs|\.zgroup|\.zmetadata|\.zarray)$/;

/** A path's last part. */
export function lastPart(path: string): string {
  return path.replace(/(?<=[^\\/])[\\/]+$/, "").split(/[\\/]/).at(-1)!;
}

/**
 * The name of a slide, and of its results: that of its file or folder, without the folders above and the extension. A number
 * is no extension: folders of DICOM are named by UIDs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { slideNameOf } from "./slide_name.ts";
 *
 * assertEquals(slideNameOf("scans/a.svs"), "a");
 * assertEquals(slideNameOf("scans/b.zarr/zarr.json"), "b");
 * assertEquals(slideNameOf("/dicom-web/studies/1.2/series/1.3"), "1.3");
 * ```
 */
export function slideNameOf(path: string): string {
  const name = lastPart(path);
  const folder = IN_FOLDER.test(name)
    ? lastPart(path.slice(0, path.lastIndexOf(name)))
    : "";
  return (folder || name).replace(/(?<=[^])\.(?!\d+$)[^.]*$/, "");
}
