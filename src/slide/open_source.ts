import { blobSource } from "./blob_source.ts";
import type { ByteSource } from "./byte_source.ts";
import { openFileSource } from "./open_file_source.ts";
import { isRemote } from "./is_remote.ts";
import { openUrlSource, type RemoteOptions } from "./remote/open_url_source.ts";
import { withSiblings } from "./with_siblings.ts";

/** Opens a file, a URL or a `Blob` for reading by range; the former two with access to the files beside them. */
export async function openSource(
  source: string | URL | Blob,
  options: RemoteOptions & { readonly signal?: AbortSignal } = {},
): Promise<ByteSource> {
  if (source instanceof Blob) return blobSource(source);
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
