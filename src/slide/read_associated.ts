import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_ASSOCIATED_PIXELS } from "../io/limits.ts";
import { BlockSlide } from "./block_slide.ts";
import type { DecodePool } from "./decode_pool.ts";
import type { AssociatedPicture } from "./formats/format.ts";
import { orientSlide } from "./orient_slide.ts";
import type { AssociatedPixels, OpenedSlide } from "./slide.ts";

/** Gives pictures of one name numbers, so that each can be asked for: `label`, `label-2`. */
export function nameApart(
  pictures: readonly AssociatedPicture[],
): AssociatedPicture[] {
  const taken = new Set<string>();
  return pictures.map((picture) => {
    let { name } = picture;
    for (let i = 2; taken.has(name); i++) name = `${picture.name}-${i}`;
    taken.add(name);
    return { ...picture, name };
  });
}

/**
 * The pictures beside a slide, as the slide shows them. Nothing of them is read before it is asked for.
 *
 * @param pictures Those of its file, each with a name of its own.
 */
export function associatedOf(
  pictures: readonly AssociatedPicture[],
  { slide, pool }: { readonly slide: string; readonly pool: DecodePool },
): Pick<OpenedSlide, "associated" | "readAssociated"> {
  return {
    associated: pictures.map(({ name, page }) => ({ name, ...sizeOf(page) })),
    async readAssociated(name, { signal } = {}): Promise<AssociatedPixels> {
      const picture = pictures.find((each) => each.name === name);
      const action = `read the ${name} of slide "${slide}"`;
      if (!picture) {
        const names = pictures.map(({ name }) => name).join(", ");
        const reason = names
          ? `its pictures are ${names}`
          : "it has no pictures beside it";
        throw cannot(action, reason, { kind: RangeError });
      }
      try {
        signal?.throwIfAborted();
        return await readPicture(picture, { pool, signal });
      } catch (cause) {
        signal?.throwIfAborted();
        throw cannot(action, reasonOf(cause), { cause });
      }
    },
  };
}

/** The size of a picture as it is displayed. */
function sizeOf(
  { width, height, orientation }: AssociatedPicture["page"],
): { width: number; height: number } {
  return orientation >= 5
    ? { width: height, height: width }
    : { width, height };
}

async function readPicture(
  { name, page, openBlocks }: AssociatedPicture,
  { pool, signal }: {
    readonly pool: DecodePool;
    readonly signal?: AbortSignal;
  },
): Promise<AssociatedPixels> {
  checkAssociatedSize(page);
  if (!openBlocks) {
    throw cannot("read a picture", "such pictures of its format are not read", {
      kind: TypeError,
    });
  }
  const { width, height } = page;
  const blocks = await openBlocks();
  await using stored = orientSlide(
    new BlockSlide({
      name,
      levels: [{ width, height, downsample: 1, blocks }],
      cacheBytes: 0,
      pool,
      close: () => Promise.resolve(),
    }),
    page.orientation,
  );
  const size = { width: stored.width, height: stored.height };
  const pixels = await stored.readRegion({ x: 0, y: 0, ...size }, { signal });
  return { ...size, pixels };
}

/**
 * Checks that a picture is small enough to be read whole.
 *
 * @throws {RangeError} If it has too many pixels.
 */
export function checkAssociatedSize(
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (width * height <= MAX_ASSOCIATED_PIXELS) return;
  throw cannot(
    "read a picture",
    `it has ${width}×${height} pixels, more than ${MAX_ASSOCIATED_PIXELS}`,
    { kind: RangeError },
  );
}
