import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { cannot, explained, reasonOf } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { MAX_MODEL_BYTES, MAX_MODEL_JSON } from "../io/limits.ts";
import { mayPass } from "../io/may_pass.ts";
import { hostsFlag } from "../slide/remote/follow_redirects.ts";
import { fetchInto, fetchWhole } from "../slide/remote/fetch_whole.ts";
import type { RemoteOptions } from "../slide/remote/open_url_source.ts";
import { TransferError, withRetries } from "../slide/remote/with_retries.ts";
import {
  MANIFEST,
  type ModelFile,
  type ModelManifest,
  readManifest,
} from "./manifest.ts";
import { type ModelAddress, modelAddress } from "./model_address.ts";
import { ModelCache, modelCacheFolder } from "./model_cache.ts";
import {
  digestOf,
  faultOfFile,
  filesOf,
  type ModelParts,
} from "./model_files.ts";

/**
 * Options for `openModel()`; all but `signal` are for models on servers.
 *
 * @category Models
 */
export interface OpenModelOptions
  extends Pick<RemoteOptions, "headers" | "timeout" | "attempts"> {
  /**
   * The folder that keeps their files. Default: `tilewise/models` in the user's cache folder, which takes
   * `--allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA`.
   */
  readonly cache?: string;
  /** Called with what the caller should know: which commit a model is of, what is fetched, whether it is an older copy. */
  readonly onNotice?: (text: string) => void | Promise<void>;
  /** Stops early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Milliseconds before a second attempt. */
const BACK_OFF = 300;
/** Bytes in a millisecond of the slowest transfer that is waited for. */
const SLOWEST = 20;

/** A `model.json` that was fetched. */
interface FetchedManifest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The commit that it is of, if the hub says so. */
  readonly commit?: string;
}

/**
 * Opens a model on a server: fetches what the cache does not have, and compares all digests. Where the server cannot be
 * asked, the model that it had before is taken from the cache, and a notice says so.
 */
export async function fetchModel(
  source: string,
  options: OpenModelOptions = {},
): Promise<ModelParts> {
  const { onNotice = () => {}, signal } = options;
  const address = modelAddress(source);
  const { shown, host, revision, isFixed } = address;
  const action = `open model "${shown}"`;
  try {
    const folder = modelCacheFolder(options.cache);
    const cache = new ModelCache(folder);
    const kept = isFixed ? await cache.find(address) : undefined;
    if (kept && "parts" in kept) return kept.parts;
    let fetched: FetchedManifest;
    try {
      await allowFetching(address, folder);
      fetched = await fetchManifest(address, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (!couldNotAsk(error)) throw error;
      const kept = await cache.find(address);
      if (!kept) throw error;
      if ("fault" in kept) {
        const reason = `${
          reasonOf(error)
        }, and of the copy in the cache, ${kept.fault}`;
        throw cannot(action, reason, { cause: error });
      }
      const { parts, commit } = kept;
      const { name, version } = parts.manifest;
      const which = commit === undefined ? "" : ` of commit ${commit}`;
      await onNotice(
        `${host} could not be asked for ${shown} (${
          reasonOf(error)
        }): using the copy in the cache, ${name} ${version}${which}`,
      );
      return parts;
    }
    const { bytes, commit } = fetched;
    const manifest = readManifest(new TextDecoder().decode(bytes), shown);
    if (revision !== undefined && !isFixed) {
      const now = commit === undefined
        ? "and the hub does not say which commit it is now"
        : `and is commit ${commit} now: --model ${
          address.at!(commit).shown
        } stays the same`;
      await onNotice(
        `The model is that of "${revision}", which may move, ${now}`,
      );
    }
    await fetchFiles(manifest, { address, commit, cache, onNotice, options });
    const sha256 = digestOf(bytes);
    await cache.keep(address, { manifest: bytes, sha256, commit });
    return cache.open(manifest, { sha256, address, commit });
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof TransferError
      ? cannot(action, reasonOf(cause), { kind: Error, cause })
      : explained(cause, action);
  }
}

/** What each request needs, with defaults. */
function requestOf({ headers, timeout, attempts, signal }: OpenModelOptions) {
  return {
    ...{ headers, timeout: timeout ?? 10_000, attempts: attempts ?? 4 },
    ...{ signal: signal ?? new AbortController().signal, backOff: BACK_OFF },
  };
}

/** Asks for permission to read from the server and to write to the cache, which is needed only now. */
async function allowFetching(
  { host, permission, only }: ModelAddress,
  folder: string,
): Promise<void> {
  const hosts = hostsFlag(only?.names ?? [host]);
  for (
    const [about, flag] of [
      [{ name: "net", host: permission }, `--allow-net=${hosts}`],
      [{ name: "write", path: folder }, `--allow-write=${folder}`],
    ] as const
  ) {
    const { state } = await Deno.permissions.request(about);
    if (state === "granted") continue;
    const reason = `permission is missing; run with ${flag}`;
    throw cannot("fetch a model", reason, { kind: Deno.errors.NotCapable });
  }
}

/** Whether there is no answer, of whatever kind. */
function couldNotAsk(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || mayPass(error);
}

async function fetchManifest(
  address: ModelAddress,
  options: OpenModelOptions,
): Promise<FetchedManifest> {
  const { headers, timeout, signal, ...retries } = requestOf(options);
  const url = address.urlOf(MANIFEST);
  let commit: string | undefined;
  const { bytes } = await withRetries(
    () =>
      fetchWhole(url.href, {
        ...{ headers, signal, accept: "application/json, */*" },
        ...{ most: MAX_MODEL_JSON, timeout, only: address.only },
        onAnswer({ headers }, { origin }): void {
          if (origin !== url.origin) return;
          const said = headers.get("x-repo-commit") ?? "";
          if (/^[0-9a-f]{40}$/.test(said)) commit ??= said;
        },
      }),
    { ...retries, signal },
  ).catch((error) => advise(error, MANIFEST));
  if (!address.at) return { bytes };
  if (address.isFixed && commit !== undefined && commit !== address.revision) {
    throw new TransferError(
      `its server sent that of another commit, ${commit}`,
      { passing: false },
    );
  }
  return { bytes, commit: address.isFixed ? address.revision : commit };
}

/** Adds the file, and a way out, to an answer that refuses. */
function advise(error: unknown, file: string): never {
  if (!(error instanceof TransferError)) throw error;
  const isClosed = error.status === 401 || error.status === 403;
  const advice = isClosed
    ? ": there is no such model, or it is not public; download its folder, and give that to --model"
    : "";
  throw new TransferError(`"${file}": ${reasonOf(error)}${advice}`, {
    passing: error.passing,
    cause: error,
  });
}

/** Fetches the files that the cache does not have. */
async function fetchFiles(
  manifest: ModelManifest,
  { address, commit, cache, onNotice, options }: {
    readonly address: ModelAddress;
    readonly commit: string | undefined;
    readonly cache: ModelCache;
    readonly onNotice: NonNullable<OpenModelOptions["onNotice"]>;
    readonly options: OpenModelOptions;
  },
): Promise<void> {
  const files = filesOf(manifest);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MAX_MODEL_BYTES) {
    throw cannot(
      "fetch a model",
      `its files have ${total} bytes, and at most ${MAX_MODEL_BYTES} are fetched: download its folder, and give that to --model`,
      { kind: RangeError },
    );
  }
  for (const file of files) {
    options.signal?.throwIfAborted();
    const path = cache.pathOf(file);
    if (await faultOfFile(path, file) === undefined) continue;
    const size = `${(file.bytes / 1e6).toFixed(1)} MB`;
    await onNotice(`Fetching ${file.file} (${size}) from ${address.host}`);
    await fetchFile(address.urlOf(file.file, commit), path, {
      ...{ file, address, options },
    });
  }
}

/** Fetches a file, which gets its name only when its digest is right. */
async function fetchFile(
  url: URL,
  path: string,
  { file: { file, bytes, sha256 }, address, options }: {
    readonly file: ModelFile;
    readonly address: ModelAddress;
    readonly options: OpenModelOptions;
  },
): Promise<void> {
  const { headers, timeout, signal, ...retries } = requestOf(options);
  await Deno.mkdir(dirname(path), { recursive: true });
  const attempt = async () => {
    await using out = await AtomicFile.create(path);
    const hash = createHash("sha256");
    let length = 0;
    await fetchInto(url.href, {
      ...{ headers, signal, accept: "*/*", most: bytes, only: address.only },
      ...{ timeout, total: 10 * timeout + bytes / SLOWEST },
    }, async (piece) => {
      hash.update(piece);
      length += await out.write(piece);
    });
    const found = hash.digest("hex");
    if (found !== sha256) {
      throw new TransferError(
        length < bytes
          ? `its server sent ${length} of ${bytes} bytes: it is cut short, or another file`
          : `its server sent another file than the one packed: its SHA-256 is ${
            found.slice(0, 12)
          }…, and ${MANIFEST} says ${sha256.slice(0, 12)}…`,
        { passing: false },
      );
    }
    await out.close();
  };
  await withRetries(attempt, { ...retries, signal })
    .catch((error) => advise(error, file));
}
