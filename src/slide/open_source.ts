import { blobSource } from "./blob_source.ts";
import type { ByteSource } from "./byte_source.ts";
import { openFileSource } from "./open_file_source.ts";
import { isFileUrl, isRemote } from "./is_remote.ts";
import { openUrlSource, type RemoteOptions } from "./remote/open_url_source.ts";
import { withSiblings } from "./with_siblings.ts";

/** Opens a file, a URL or a `Blob` for reading by range; files and URLs with access to other files in their folder. */
export async function openSource(
  given: string | URL | Blob,
  options: RemoteOptions & { readonly signal?: AbortSignal } = {},
): Promise<ByteSource> {
  if (given instanceof Blob) return blobSource(given);
  const source = isFileUrl(given) ? new URL(given) : given;
  const remote = isRemote(source);
  const open = (place: string | URL): Promise<ByteSource> =>
    remote ? openUrlSource(String(place), options) : openFileSource(place);
  return withSiblings(await open(source), (name) =>
    open(
      remote || source instanceof URL
        ? new URL(encodeURIComponent(name), source)
        : source.replace(/[^\\/]*$/, "") + name,
    ));
}
