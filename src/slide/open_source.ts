import { cannot } from "../errors/cannot.ts";
import { blobSource, type ByteSource } from "./byte_source.ts";
import { openFileSource } from "./file_source.ts";
import {
  type FolderAccess,
  NotFound,
  type SlideSource,
  withFolder,
} from "./folder.ts";
import { isAbsent } from "../io/is_absent.ts";
import { DicomWeb, isSeriesUrl } from "./remote/dicom_web.ts";
import { openUrlSource, type RemoteOptions } from "./remote/open_url_source.ts";

/** Where a file of a slide is: a path, a `file:`, `http:` or `https:` URL (in a string too), or a `Blob`. */
export type SlideLocation = string | URL | Blob;

/** The files of a slide: its only one, the one that leads to the others, their folder, or all of them. */
export type SlideFiles = SlideLocation | readonly SlideLocation[];

/** Whether a slide is on a server. */
export function isRemote(source: SlideLocation): boolean {
  return !(source instanceof Blob) && /^https?:/i.test(String(source));
}

/** Whether a slide is a local file, given as a URL. */
export function isFileUrl(source: SlideLocation): boolean {
  return !(source instanceof Blob) && /^file:/i.test(String(source)) &&
    URL.canParse(String(source));
}

/**
 * Opens a file, a folder, a URL or a `Blob` for reading by range, with access to its folder. Of several, the first of those
 * nearest to the root is the slide's file, and all are its folder.
 *
 * @throws {TypeError} If it is of another type.
 */
export async function openSource(
  given: SlideFiles,
  options: RemoteOptions & { readonly signal?: AbortSignal } = {},
): Promise<SlideSource> {
  if (Array.isArray(given)) return await openParts(given, options);
  const location = given as SlideLocation;
  if (location instanceof Blob) {
    return withFolder(blobSource(location), { access: NO_FOLDER });
  }
  if (isRemote(location)) return await openRemote(new URL(location), options);
  const source = isFileUrl(location) ? new URL(location) : location;
  const isFolder = (await Deno.stat(source)).isDirectory;
  const folder = source instanceof URL
    ? folderUrl(source, isFolder)
    : isFolder
    ? source.replace(/(?<=[^\\/])[\\/]*$/, "/")
    : source.replace(/[^\\/]*$/, "");
  return withFolder(isFolder ? NO_BYTES : await openFileSource(source), {
    access: {
      list: () => listNames(folder),
      open: (path, expected) =>
        openFileSource(
          folder instanceof URL ? urlBelow(folder, path) : folder + path,
          { once: expected !== undefined },
        ),
    },
    isFolder,
  });
}

/** Opens a file on a server, or a folder, whose name must end in `.zarr`: servers do not tell them apart. */
async function openRemote(
  url: URL,
  options: RemoteOptions & { readonly signal?: AbortSignal },
): Promise<SlideSource> {
  if (isSeriesUrl(url)) {
    const web = new DicomWeb(url, options);
    // An instance never changes; others have other UIDs.
    const version = url.pathname;
    const bytes = { ...NO_BYTES, version, close: () => web.close() };
    return withFolder(bytes, { access: NO_FOLDER, isFolder: true, web });
  }
  const isFolder = /\.zarr\/?$/i.test(url.pathname);
  const folder = folderUrl(url, isFolder);
  const open = (url: URL, expected?: number) =>
    openUrlSource(url.href, { ...options, expected });
  return withFolder(isFolder ? NO_BYTES : await open(url), {
    access: {
      open: (path, expected) => open(urlBelow(folder, path), expected),
    },
    isFolder,
  });
}

/** Opens a slide that is several files. */
async function openParts(
  given: readonly SlideLocation[],
  options: RemoteOptions & { readonly signal?: AbortSignal },
): Promise<SlideSource> {
  const paths = given.map(pathOf);
  const main = given.indexOf(mainPart(given));
  const folder = paths[main].replace(/[^/]*$/, "");
  const parts = new Map(
    given.map((part, i) =>
      [
        paths[i].startsWith(folder) ? paths[i].slice(folder.length) : paths[i],
        part,
      ] as const
    ),
  );
  if (parts.size < given.length) {
    throw cannot("open a slide", "two of its files have the same name", {
      kind: TypeError,
    });
  }
  const open = async (location: SlideLocation): Promise<ByteSource> =>
    location instanceof Blob
      ? blobSource(location)
      : isRemote(location)
      ? await openUrlSource(new URL(location).href, options)
      : await openFileSource(
        isFileUrl(location) ? new URL(location) : location,
      );
  const names = new Set([...parts.keys()].map((path) => path.split("/")[0]));
  return withFolder(await open(given[main]), {
    access: {
      list: () => Promise.resolve([...names]),
      open(path): Promise<ByteSource> {
        const part = parts.get(path);
        if (part !== undefined) return open(part);
        return Promise.reject(
          cannot(`open "${path}"`, "it is not among the files given", {
            kind: NotFound,
          }),
        );
      },
    },
    others: given.length - 1,
  });
}

/**
 * The file of a slide that is opened, of all of them: the first of those nearest to the root.
 *
 * @throws {TypeError} If there is none.
 */
export function mainPart(parts: readonly SlideLocation[]): SlideLocation {
  const depths = parts.map((part) => pathOf(part).split("/").length);
  const main = parts[depths.indexOf(Math.min(...depths))];
  if (main !== undefined) return main;
  throw cannot("open a slide", "no files were given", { kind: TypeError });
}

/** Where a file lies among others: a Blob of a folder that was dropped or picked in a browser knows its path. */
function pathOf(location: SlideLocation): string {
  if (location instanceof Blob) {
    const { webkitRelativePath, name } = location as Partial<File>;
    return webkitRelativePath || name || "";
  }
  const isUrl = isRemote(location) || isFileUrl(location);
  return isUrl
    ? decodeUrl(new URL(location).pathname)
    : String(location).replaceAll("\\", "/");
}

/** A URL's path in plain characters. */
export function decodeUrl(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a stray % is no reason to refuse a file
  }
}

function folderUrl(url: URL, isFolder: boolean): URL {
  const folder = new URL(url);
  folder.pathname = isFolder
    ? folder.pathname.replace(/\/*$/, "/")
    : folder.pathname.replace(/[^/]*$/, "");
  return folder;
}

/** A file in a folder; the query stays, as it may hold keys to the server. */
function urlBelow(folder: URL, path: string): URL {
  const url = new URL(folder);
  url.pathname += path.split("/").map(encodeURIComponent).join("/");
  return url;
}

/** The bytes of a folder; its version is that of its files. */
const NO_BYTES: ByteSource = { ...blobSource(new Blob()), version: "folder" };

const NO_FOLDER: FolderAccess = {
  open(path): Promise<ByteSource> {
    return Promise.reject(cannot(
      `open "${path}"`,
      "from a Blob alone, other files cannot be reached: pass openSlide() all files of the slide in an array",
      { kind: TypeError },
    ));
  },
};

/** The names in a folder; `undefined` if it may not be listed. */
async function listNames(
  path: string | URL,
): Promise<string[] | undefined> {
  try {
    return await Array.fromAsync(Deno.readDir(path || "."), ({ name }) => name);
  } catch (error) {
    if (isAbsent(error)) return undefined; // permissions may cover files only
    throw error;
  }
}
