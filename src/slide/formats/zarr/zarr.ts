import { cannot, reasonOf } from "../../../errors/cannot.ts";
import type {
  AssociatedPicture,
  ChannelContents,
  FileFormat,
  FileHandle,
  FilePicture,
  Ignored,
  SlideContents,
  SlideFile,
} from "../format.ts";
import { refused, show } from "./multiscales.ts";
import { openGroup } from "./open_group.ts";
import { listSeries, type NamedImage } from "./series.ts";
import { readImage, type ZarrGroup, type ZarrImage } from "./zarr_image.ts";
import { toChannels, toContents } from "./zarr_slide.ts";

/** The documents of groups and arrays, in either version. */
const DOCUMENTS = ["zarr.json", ".zattrs", ".zgroup", ".zmetadata", ".zarray"];

/**
 * OME-Zarr 0.4 (Zarr 2) and 0.5 (Zarr 3): a folder, or one of the documents at its top.
 *
 * Source: the OME-Zarr specifications 0.4 and 0.5.
 */
export const OME_ZARR: FileFormat = {
  detect: ({ isFolder, entries, fileName }) =>
    isFolder
      ? DOCUMENTS.some((name) => entries?.includes(name)) ||
        (entries === undefined && /\.zarr$/i.test(fileName))
      : DOCUMENTS.includes(fileName),
  async read({ folder, signal }: FileHandle): Promise<SlideFile> {
    const group = await openGroup(folder, "", signal);
    const images = await imagesOf(group);
    const found = findSlide(group, { images });
    return {
      format: `OME-Zarr ${group.version === 2 ? "0.4" : "0.5"}`,
      pictures: await found.then(({ pictures }) => pictures, () => []),
      async findSlide({ page, mask }): Promise<SlideContents> {
        if (mask) {
          throw refused(
            "an OME-Zarr is read as a slide only: save the mask as TIFF or PNG",
          );
        }
        const slide = page === undefined
          ? found
          : findSlide(group, { images, page });
        return (await slide).contents();
      },
      async findChannels({ page }): Promise<ChannelContents> {
        const slide = page === undefined
          ? found
          : findSlide(group, { images, page });
        return (await slide).channels();
      },
    };
  },
};

/** The images of a group: itself, or those that bioformats2raw has written into it. */
async function imagesOf(group: ZarrGroup): Promise<readonly NamedImage[]> {
  const { ome, path } = group;
  if (ome.multiscales !== undefined) return [{ path }];
  const layout = ome["bioformats2raw.layout"];
  if (layout === 3) return await listSeries(group);
  throw refused(
    `its layout of bioformats2raw is ${
      show(layout)
    }, and only 3 is supported: convert it again with a current bioformats2raw`,
  );
}

/** The slide among the images of a store, and all its pictures. */
interface FoundSlide {
  readonly pictures: readonly FilePicture[];
  contents(): SlideContents;
  channels(): ChannelContents;
}

/** Reads the image that is the slide: the first that is no label or macro, or the one that the caller chose. */
async function findSlide(
  group: ZarrGroup,
  { images, page }: {
    readonly images: readonly NamedImage[];
    readonly page?: number;
  },
): Promise<FoundSlide> {
  const at = page ?? images.findIndex(({ role }) => role === undefined);
  const chosen = images[at];
  if (!chosen) {
    throw page === undefined
      ? refused(
        `its ${images.length} images are all labels and macros by their names: --page N (openSlide's page) opens one of them`,
      )
      : cannot("find the slide", `it has images 0 to ${images.length - 1}`, {
        received: page,
        kind: RangeError,
      });
  }
  const image = await open(group, chosen);
  const beside = page === undefined ? await readBeside(group, images) : NONE;
  const others = images.flatMap(({ name, role }, i) =>
    i === at || (role !== undefined && page === undefined)
      ? []
      : [{ number: i, name }]
  );
  return {
    pictures: [image, ...beside.images].flatMap(describe),
    channels: () => ({
      ...toChannels(image),
      associated: beside.associated,
    }),
    contents(): SlideContents {
      const contents = toContents(image);
      return {
        ...contents,
        objectivePower: chosen.objectivePower,
        associated: beside.associated,
        ignored: [
          ...contents.ignored ?? [],
          ...beside.ignored,
          ...others.map(({ number, name }) => ({
            what: `image ${number}${name ? ` (${name})` : ""}`,
            why: `it is another image: --page ${number} opens it`,
          })),
        ],
        warnings: [
          ...others.length > 0 && page === undefined
            ? [
              `it has ${images.length} images, of which number ${at} is read: --page N (openSlide's page) opens another`,
            ]
            : [],
          ...contents.warnings ?? [],
        ],
      };
    },
  };
}

async function open(
  { folder, path, signal, ...root }: ZarrGroup,
  image: NamedImage,
  most?: number,
): Promise<ZarrImage> {
  const group = image.path === path
    ? { folder, path, signal, ...root }
    : await openGroup(folder, image.path, signal);
  if (group.ome.multiscales === undefined) {
    throw refused(`its group "${image.path}" is not an image`);
  }
  return await readImage(group, most);
}

interface Beside {
  /** Their finest levels. */
  readonly images: readonly ZarrImage[];
  readonly associated: readonly AssociatedPicture[];
  /** Those that cannot be read. */
  readonly ignored: readonly Ignored[];
}

const NONE: Beside = { images: [], associated: [], ignored: [] };

/** Reads what is beside the slide: label, macro, thumbnail. */
async function readBeside(
  group: ZarrGroup,
  images: readonly NamedImage[],
): Promise<Beside> {
  const named = images.filter(({ role }) => role !== undefined);
  const results = await Promise.allSettled(
    named.map(async (image) => {
      const found = await open(group, image, 1);
      const { levels: [level] } = toContents(found);
      return { found, level };
    }),
  );
  group.signal?.throwIfAborted();
  const all = results.map((result, i) => ({ result, name: named[i].role! }));
  const read = all.flatMap(({ result, name }) =>
    result.status === "fulfilled" ? [{ ...result.value, name }] : []
  );
  return {
    images: read.map(({ found }) => found),
    associated: read.map(({ name, level }) => ({
      name,
      page: level.picture,
      openBlocks: () => level.openBlocks({}),
    })),
    ignored: all.flatMap(({ result, name }) =>
      result.status === "rejected"
        ? [{ what: name, why: reasonOf(result.reason) }]
        : []
    ),
  };
}

function describe({ levels }: ZarrImage): FilePicture[] {
  return levels.map(({ picture, array: { file, codecs, shard }, x, y }) => {
    const { blockWidth, blockHeight } = picture;
    const shards = shard ? ` in shards of ${file[x]}×${file[y]}` : "";
    const packing = codecs.length > 0 ? codecs.join(", ") : "uncompressed";
    const arrangement =
      `chunks of ${blockWidth}×${blockHeight}${shards}, ${packing}`;
    return { picture, arrangement };
  });
}
