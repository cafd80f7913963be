import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { MAX_DICOM_FILES } from "../../../io/limits.ts";
import type { DicomWeb, WebFrame } from "../../remote/dicom_web.ts";
import type { Ignored } from "../format.ts";
import type { Dataset } from "./dataset.ts";
import type { FramePlaces } from "./frame_places.ts";
import type { FrameStore } from "./frame_store.ts";
import { classOf, describeInstance, type DicomInstance } from "./instance.ts";
import { readJsonDataset } from "./json_dataset.ts";
import { textOf } from "./dataset.ts";
import type { DicomSeries } from "./series.ts";
import { describeClass, WHOLE_SLIDE } from "./transfer_syntax.ts";

/** Frames that are asked for before they are needed, at most. */
const MOST_AHEAD = 64;

const ROOT = "1.2.840.10008.1.2";

/** Transfer syntaxes of media types that do not name theirs. Source: DICOM PS3.18, 8.7.3. */
const SYNTAXES: { readonly [type: string]: string } = {
  "application/octet-stream": `${ROOT}.1`,
  "image/jpeg": `${ROOT}.4.50`,
  "image/jls": `${ROOT}.4.80`,
  "image/jp2": `${ROOT}.4.90`,
  "image/jphc": `${ROOT}.4.201`,
  "image/dicom-rle": `${ROOT}.5`,
};

/**
 * Reads a series on a DICOMweb server: its metadata, and the first frame of each instance, which tells how frames are stored.
 *
 * @throws {TypeError} If it has no instance of a slide.
 * @throws {SyntaxError} If what the server says is damaged.
 */
export async function openWebSeries(
  web: DicomWeb,
  signal?: AbortSignal,
): Promise<DicomSeries> {
  const metadata = await web.readMetadata(signal);
  if (!Array.isArray(metadata) || metadata.length === 0) {
    throw cannot("read a DICOMweb series", "its server lists no instances", {
      kind: TypeError,
    });
  }
  if (metadata.length > MAX_DICOM_FILES) {
    throw cannot(
      "read a DICOMweb series",
      `it has ${metadata.length} instances, more than ${MAX_DICOM_FILES}`,
      { kind: RangeError },
    );
  }
  const ignored: Ignored[] = [];
  const warnings: string[] = [];
  const found = await Promise.all(metadata.map(async (json) => {
    const { dataset, places } = readJsonDataset(json);
    const uid = textOf(dataset, "SOPInstanceUID") ?? "an instance";
    const kind = classOf(dataset);
    if (kind !== WHOLE_SLIDE) {
      ignored.push({ what: uid, why: `it is ${describeClass(kind)}` });
      return undefined;
    }
    try {
      return await toInstance(web, { dataset, places, uid, signal });
    } catch (error) {
      signal?.throwIfAborted();
      // Of some, such as a label, frames may be withheld.
      warnings.push(`${uid} is left out: ${reasonOf(error)}`);
      return undefined;
    }
  }));
  const instances = found.filter((each) => each !== undefined);
  if (instances.length > 0) return { instances, ignored, warnings };
  throw cannot(
    "read a DICOMweb series",
    warnings[0] ??
      `it is ${ignored[0].why.slice(6)}, not a whole-slide image`,
    { kind: TypeError },
  );
}

async function toInstance(
  web: DicomWeb,
  { dataset, places, uid, signal }: {
    readonly dataset: Dataset;
    readonly places: FramePlaces;
    readonly uid: string;
    readonly signal?: AbortSignal;
  },
): Promise<DicomInstance> {
  const first = await web.readFrame(uid, 0, signal);
  const syntax = syntaxOfFrame(first);
  const instance: DicomInstance = describeInstance({
    ...{ dataset, places, syntax, name: uid },
    openFrames: () => Promise.resolve(webFrames(web, { instance, first })),
  });
  return instance;
}

/**
 * The transfer syntax of a frame: what its media type says, or means.
 *
 * @throws {TypeError} If it means none.
 */
function syntaxOfFrame({ type }: WebFrame): string {
  const said = /;\s*transfer-syntax="?([\d.]+)/i.exec(type)?.[1];
  const media = type.split(";")[0].trim().toLowerCase();
  const syntax = said ??
    (Object.hasOwn(SYNTAXES, media) ? SYNTAXES[media] : undefined);
  if (syntax !== undefined) return syntax;
  throw cannot(
    "read a DICOMweb frame",
    "its server sent frames of an unknown media type",
    { received: type.slice(0, 80), kind: TypeError },
  );
}

/** Frames of an instance; those that are announced are requested, a limited number at a time. */
function webFrames(
  web: DicomWeb,
  { instance, first }: {
    readonly instance: DicomInstance;
    readonly first: WebFrame;
  },
): FrameStore {
  const ahead = new Map<number, Promise<WebFrame>>();

  async function fetchFrame(
    frame: number,
    signal?: AbortSignal,
  ): Promise<WebFrame> {
    const found = await web.readFrame(instance.uid, frame, signal);
    if (syntaxOfFrame(found) === instance.syntax) return found;
    throw cannot(
      "read a DICOMweb frame",
      `its server sent frame ${frame} in another way than the first`,
      { received: found.type.slice(0, 80), kind: SyntaxError },
    );
  }

  return {
    count: instance.frames,
    async read(frame, signal): Promise<Uint8Array<ArrayBuffer>> {
      if (frame === 0) return first.bytes.slice();
      const requested = ahead.get(frame);
      ahead.delete(frame);
      const { bytes } = await (requested ?? fetchFrame(frame, signal));
      if (bytes.length > 0) return bytes;
      throw cannot("read a DICOMweb frame", `its frame ${frame} is empty`, {
        kind: SyntaxError,
      });
    },
    prefetch(frames): void {
      for (const frame of frames.slice(0, MOST_AHEAD)) {
        if (frame === 0 || ahead.has(frame)) continue;
        // Those of a read that was stopped are not asked for.
        const [oldest] = ahead.keys();
        if (ahead.size === MOST_AHEAD) ahead.delete(oldest);
        const request = fetchFrame(frame);
        request.catch(() => {}); // who reads it is told
        ahead.set(frame, request);
      }
    },
  };
}
