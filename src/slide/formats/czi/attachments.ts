import { reasonOf } from "../../../errors/cannot.ts";
import { MAX_CZI_ATTACHMENTS } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import type { StoredPicture } from "../../encoding.ts";
import type { OpenPicture } from "../choose_page.ts";
import type { Ignored, SlideContents, SlideFile } from "../format.ts";
import { damaged } from "./refuse.ts";
import { partOf, readSegment, SEGMENT_BYTES } from "./segments.ts";

/** Names of the pictures beside the slide. */
const NAMES: Readonly<Record<string, string>> = {
  Label: "label",
  SlidePreview: "macro",
  Thumbnail: "thumbnail",
};

/** Bytes of the directory and of an attachment before their contents, and of an entry. */
const HEADER_BYTES = 256;
const ENTRY_BYTES = 128;

/**
 * Finds the pictures beside the slide: attachments that are JPEG, or CZI themselves. Those that cannot be read are left out.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), AttachmentEntryA1.
 *
 * @param options.read Reads a picture's file of a kind, as the file says: `JPG`, `CZI`.
 */
export async function readAttachments(
  source: ByteSource,
  { position, firstPage, read }: {
    readonly position: number;
    readonly firstPage: number;
    readonly read: (kind: string, part: ByteSource) => Promise<SlideFile>;
  },
): Promise<{ associated: OpenPicture[]; unread: Ignored[] }> {
  const associated: OpenPicture[] = [];
  const unread: Ignored[] = [];
  if (position === 0) return { associated, unread };
  try {
    for (const { name, kind, at } of await listAttachments(source, position)) {
      if (!Object.hasOwn(NAMES, name)) continue;
      try {
        const place = `page ${firstPage + associated.length}`;
        const file = await read(kind, await attachmentAt(source, at));
        const picture = toPicture(await file.findSlide({}), {
          name: NAMES[name],
          place,
        });
        associated.push(picture);
      } catch (error) {
        unread.push({ what: NAMES[name], why: reasonOf(error) });
      }
    }
  } catch (error) {
    unread.push({ what: "attachments", why: reasonOf(error) });
  }
  return { associated, unread };
}

function toPicture(
  { levels: [{ picture, openBlocks }] }: SlideContents,
  { name, place }: { readonly name: string; readonly place: string },
): OpenPicture {
  const page: StoredPicture = { ...picture, place, description: name };
  return { name, page, openBlocks: () => openBlocks({}) };
}

async function listAttachments(
  source: ByteSource,
  position: number,
): Promise<{ name: string; kind: string; at: number }[]> {
  const bytes = await readSegment(source, {
    position,
    name: "ZISRAWATTDIR",
    least: HEADER_BYTES,
    most: HEADER_BYTES + MAX_CZI_ATTACHMENTS * ENTRY_BYTES,
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getInt32(0, true);
  if (count < 0 || HEADER_BYTES + count * ENTRY_BYTES > bytes.length) {
    throw damaged(`the list of its ${count} attachments is cut short`);
  }
  const text = (at: number, length: number) =>
    new TextDecoder().decode(bytes.subarray(at, at + length))
      .replace(/\0[^]*/, "");
  return Array.from({ length: count }, (_, i) => {
    const entry = HEADER_BYTES + i * ENTRY_BYTES;
    return {
      at: Number(view.getBigInt64(entry + 12, true)),
      kind: text(entry + 40, 8),
      name: text(entry + 48, 80),
    };
  });
}

/** The file that is attached. */
async function attachmentAt(
  source: ByteSource,
  position: number,
): Promise<ByteSource> {
  const header = await readSegment(source, {
    position,
    name: "ZISRAWATTACH",
    least: HEADER_BYTES,
    most: HEADER_BYTES,
    isPart: true,
  });
  const length = new DataView(header.buffer, header.byteOffset)
    .getInt32(0, true);
  const offset = position + SEGMENT_BYTES + HEADER_BYTES;
  if (length < 1 || offset + length > source.size) {
    throw damaged(`its ${length} bytes are cut short`);
  }
  return partOf(source, { offset, length });
}
