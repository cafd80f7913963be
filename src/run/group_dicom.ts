import { openFileSource } from "../slide/file_source.ts";
import { isRemote } from "../slide/open_source.ts";
import {
  type DicomIdentity,
  identifyDicom,
} from "../slide/formats/dicom/series.ts";

/** Whether a path is that of a DICOM file, by its extension. */
export function isDicomPath(path: string): boolean {
  return /\.(dcm|dicom)$/i.test(path);
}

/**
 * Keeps one file of each DICOM series among files: of those of its finest level, the first. A series is a slide, whose other
 * files are found beside it. Files that cannot be read are kept, since opening them says why; those that are not of a slide are
 * left out if others are.
 */
export async function groupDicom(paths: readonly string[]): Promise<string[]> {
  const isLocal = (path: string) => isDicomPath(path) && !isRemote(path);
  if (paths.filter(isLocal).length < 2) return [...paths];
  const best = new Map<string, { path: string; pixels: number }>();
  const kept = new Set<string>();
  const others = new Set<string>();
  const folderOf = (path: string) => path.replace(/[^\\/]*$/, "");
  for (const path of paths) {
    if (!isLocal(path)) {
      kept.add(path);
      continue;
    }
    let found: DicomIdentity | undefined;
    try {
      found = await identify(path);
    } catch {
      kept.add(path);
      continue;
    }
    if (!found) {
      others.add(path);
      continue;
    }
    const key = `${folderOf(path)}\n${found.series}`;
    const before = best.get(key);
    if (before && before.pixels >= found.pixels) continue;
    best.set(key, { path, pixels: found.pixels });
  }
  for (const { path } of best.values()) kept.add(path);
  const isEmpty = kept.size === 0;
  return paths.filter((path) =>
    kept.has(path) || (isEmpty && others.has(path))
  );
}

async function identify(path: string): Promise<DicomIdentity | undefined> {
  const source = await openFileSource(path);
  try {
    return await identifyDicom(source);
  } finally {
    await source.close();
  }
}
