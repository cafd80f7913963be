import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { isAbsent } from "../../../io/is_absent.ts";
import { MAX_DICOM_FILES } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import type { FileHandle, Ignored } from "../format.ts";
import { numberOf, textOf } from "./dataset.ts";
import { type FrameStore, openFrames } from "./frame_store.ts";
import {
  checkClass,
  classOf,
  describeInstance,
  type DicomInstance,
} from "./instance.ts";
import {
  type DicomHeader,
  HEAD_BYTES,
  isDicom,
  readHeader,
} from "./read_header.ts";
import {
  describeClass,
  isEncapsulated,
  WHOLE_SLIDE,
} from "./transfer_syntax.ts";

/** The instances of a series, and what was left out. */
export interface DicomSeries {
  readonly instances: readonly DicomInstance[];
  readonly ignored: readonly Ignored[];
  readonly warnings: readonly string[];
}

/** Files whose headers are read at a time. */
const CONCURRENCY = 16;

/** Whether names in a folder are those of DICOM files: `.dcm`, or UIDs. */
export function isDicomFolder(names: readonly string[]): boolean {
  return names.some((name) =>
    /\.(dcm|dicom)$|^DICOMDIR$|^\d+(\.\d+){3,}$/i.test(name)
  );
}

/** Whether a name may be that of a DICOM file: others beside a slide are not even opened. */
export function mayBeDicom(name: string, like = ""): boolean {
  const extensionOf = (name: string) =>
    name.match(/\.([a-z][^.]*)$/i)?.[1].toLowerCase();
  const extension = extensionOf(name);
  return !name.startsWith(".") &&
    (extension === undefined || extension === extensionOf(like) ||
      ["dcm", "dicom", "ima"].includes(extension));
}

/**
 * Finds the files of a series: those beside a file, or those of a folder, which must hold one series.
 *
 * @throws {TypeError} If a file is not of a slide, or a folder holds several series or none.
 * @throws {SyntaxError} If the file is damaged.
 * @throws {RangeError} If the folder has too many files.
 */
export async function openSeries(file: FileHandle): Promise<DicomSeries> {
  const { source, fileName, isFolder, signal } = file;
  const found = new Found();
  let series: string | undefined;
  if (!isFolder) {
    const header = (await readHeader(source, { signal }))!;
    checkClass(header.dataset);
    const own = await toInstance(source, { header, name: fileName, signal });
    found.instances.push(own);
    series = own.series;
  }
  const names = file.entries ?? await file.folder.list();
  if (!names) {
    found.warnings.push(
      "only this file of its series is read, for its folder cannot be listed: give all of the series' files",
    );
  }
  const others = (names ?? []).filter((name) =>
    (isFolder || name !== fileName) && mayBeDicom(name, fileName)
  ).sort();
  if (others.length > MAX_DICOM_FILES) {
    throw cannot(
      "find the files of a DICOM series",
      `its folder has ${others.length} files, more than ${MAX_DICOM_FILES}: put those of the series in a folder of their own`,
      { kind: RangeError },
    );
  }
  for (let i = 0; i < others.length; i += CONCURRENCY) {
    await Promise.all(
      others.slice(i, i + CONCURRENCY).map((name) =>
        readBeside(file, { name, series, found })
      ),
    );
  }
  // Files are read at the same time, so their order is that of their names.
  const byName = ({ name: a }: DicomInstance, { name: b }: DicomInstance) =>
    Number(b === fileName) - Number(a === fileName) || (a < b ? -1 : 1);
  found.instances.sort(byName);
  const instances = isFolder ? chooseSeries(found) : found.instances;
  const { ignored, warnings } = found;
  return { instances: unrepeated(instances, ignored), ignored, warnings };
}

/** What was found among files. */
class Found {
  readonly instances: DicomInstance[] = [];
  readonly ignored: Ignored[] = [];
  readonly warnings: string[] = [];
}

async function readBeside(
  { folder, signal }: FileHandle,
  { name, series, found }: {
    readonly name: string;
    readonly series?: string;
    readonly found: Found;
  },
): Promise<void> {
  let source: ByteSource;
  try {
    source = await folder.open(name);
  } catch (error) {
    signal?.throwIfAborted();
    if (isAbsent(error) || error instanceof TypeError) return; // a folder, or gone
    throw error;
  }
  const instance = await readOther(source, { name, series, found, signal })
    .catch((error) => {
      signal?.throwIfAborted();
      found.warnings.push(`"${name}" is left out: ${reasonOf(error)}`);
    });
  if (instance) found.instances.push(instance);
  else await source.close();
}

async function readOther(
  source: ByteSource,
  { name, series, found, signal }: {
    readonly name: string;
    readonly series?: string;
    readonly found: Found;
    readonly signal?: AbortSignal;
  },
): Promise<DicomInstance | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (!isDicom(head)) return undefined;
  const header = await readHeader(source, { series, signal });
  const what = `"${name}"`;
  if (!header) {
    found.ignored.push({ what, why: "it is of another series" });
    return undefined;
  }
  const uid = classOf(header.dataset);
  if (uid === WHOLE_SLIDE) {
    return await toInstance(source, { header, name, signal });
  }
  found.ignored.push({ what, why: `it is ${describeClass(uid)}` });
  return undefined;
}

function toInstance(
  source: ByteSource,
  { header, name, signal }: {
    readonly header: DicomHeader;
    readonly name: string;
    readonly signal?: AbortSignal;
  },
): Promise<DicomInstance> {
  const { dataset, places } = header;
  const syntax = textOf(dataset, "TransferSyntaxUID") ?? "";
  let frames: Promise<FrameStore> | undefined;
  const instance: DicomInstance = describeInstance({
    dataset,
    places,
    name,
    syntax,
    openFrames: () =>
      frames ??= openFrames(source, header, {
        count: instance.frames,
        bytes: isEncapsulated(syntax) ? undefined : frameBytes(instance),
        signal,
      }),
  });
  return Promise.resolve(instance);
}

/** Bytes of a frame that is not compressed. */
export function frameBytes({ dataset, tile }: DicomInstance): number {
  const samples = numberOf(dataset, "SamplesPerPixel") ?? 1;
  const bits = numberOf(dataset, "BitsAllocated") ?? 8;
  const shares = textOf(dataset, "PhotometricInterpretation")?.endsWith("_422");
  const pixel = (shares ? 2 : samples) * bits / 8;
  return Math.ceil(tile.width * tile.height * pixel);
}

/**
 * The series of a folder that was given: the only one, or the only one with several levels. Otherwise, which is wanted is
 * unknown.
 */
function chooseSeries(
  { instances, warnings, ignored }: Found,
): DicomInstance[] {
  const series = Map.groupBy(instances, ({ series }) => series);
  if (series.size === 0) {
    const [damaged] = warnings;
    const [other] = ignored;
    throw cannot(
      "find the files of a DICOM series",
      `its folder holds no whole-slide image${
        damaged ? `: ${damaged}` : other ? `: ${other.what}: ${other.why}` : ""
      }; its subfolders are not searched`,
      { kind: TypeError },
    );
  }
  const all = [...series.values()];
  const pyramids = all.length === 1
    ? all
    : all.filter((instances) => countSizes(instances) > 1);
  const list = (series: readonly (readonly DicomInstance[])[]): string =>
    series.slice(0, 8).map(([{ series, name }]) => `${series} ("${name}")`)
      .join(", ");
  if (pyramids.length !== 1) {
    throw cannot(
      "find the files of a DICOM series",
      `its folder holds ${all.length} series, each a slide: open one by a file of it: ${
        list(all)
      }`,
      { kind: TypeError },
    );
  }
  const [chosen] = pyramids;
  const others = all.filter((each) => each !== chosen);
  if (others.length > 0) {
    warnings.push(
      `its folder also holds other series of one level, which their files open: ${
        list(others)
      }`,
    );
  }
  return chosen;
}

/** How many sizes the images of a slide have. */
function countSizes(instances: readonly DicomInstance[]): number {
  return new Set(
    instances.filter(({ role }) => role === "VOLUME")
      .map(({ matrix }) => `${matrix.width}×${matrix.height}`),
  ).size;
}

/** Each instance once: copies of a file are left out. */
function unrepeated(
  instances: readonly DicomInstance[],
  ignored: Ignored[],
): DicomInstance[] {
  const byUid = new Map<string, DicomInstance>();
  for (const instance of instances) {
    const same = byUid.get(instance.uid);
    if (!same) byUid.set(instance.uid, instance);
    else {
      ignored.push({
        what: `"${instance.name}"`,
        why: `it is the same instance as "${same.name}"`,
      });
    }
  }
  return [...byUid.values()];
}

/** What a file is among the files of slides. */
export interface DicomIdentity {
  readonly series: string;
  /** Pixels of its level; 0 if it is no level. */
  readonly pixels: number;
}

/**
 * Finds of which series a file is; `undefined` if it is not of a slide.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export async function identifyDicom(
  source: ByteSource,
): Promise<DicomIdentity | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (!isDicom(head)) return undefined;
  const header = (await readHeader(source))!;
  if (classOf(header.dataset) !== WHOLE_SLIDE) return undefined;
  const { series, role, matrix } = await toInstance(source, {
    header,
    name: "",
  });
  const pixels = role === "VOLUME" ? matrix.width * matrix.height : 0;
  return { series, pixels };
}
