import { dirname } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { onnxruntimeFolder, TELEMETRY_VARIABLE } from "../cpu/onnxruntime.ts";
import { CACHE_VARIABLES } from "../io/user_cache.ts";
import { isRemoteModel } from "../model_folder/model_address.ts";
import { modelCacheFolder } from "../model_folder/model_cache.ts";
import { tuningFolder } from "../run/tuning_file.ts";
import type { RegionSettings } from "../run/find_regions.ts";
import { isFileUrl, isRemote } from "../slide/open_source.ts";

/** Options for {@linkcode allowFiles}. */
export interface AllowFilesOptions {
  /** The action that needs them, for the error. */
  readonly action: string;
  /** Whether they are written, too. Default: false. */
  readonly write?: boolean;
}

/**
 * Asks for permission to read, and to write, files or folders and their contents: at the start, so that no question
 * interrupts a run, and no run fails at its end.
 *
 * @throws {Error} If permission is denied, or nobody can be asked; the message has the missing flag.
 */
export async function allowFiles(
  paths: readonly string[],
  { action, write = false }: AllowFilesOptions,
): Promise<void> {
  const names = write ? ["read", "write"] as const : ["read"] as const;
  const missing: string[] = [];
  for (const path of paths) {
    for (const name of names) {
      const { state } = await Deno.permissions.request({ name, path });
      if (state !== "granted") missing.push(`--allow-${name}=${path}`);
    }
  }
  if (missing.length === 0) return;
  throw cannot(action, `permission is missing; run with ${missing.join(" ")}`);
}

/** Asks for permission to read the files of regions; see {@linkcode allowFiles}. */
export async function allowRegions(
  { within, exclude, tissue }: RegionSettings,
): Promise<void> {
  const paths = [within, exclude, tissue].filter((path) => path !== undefined);
  await allowFiles(paths, { action: "read regions" });
}

/**
 * Asks for permission to save measurements.
 *
 * @throws {Error} If the user's cache folder is unknown, or may not be written; the message has the missing flag.
 */
export async function allowTuning(): Promise<void> {
  await allowCache();
  const action = "save measurements";
  await allowFiles([tuningFolder()], { action, write: true });
}

/** Asks for permission to know the user's cache folder. */
async function allowCache(): Promise<void> {
  for (const variable of CACHE_VARIABLES) {
    await Deno.permissions.request({ name: "env", variable });
  }
}

/**
 * Asks for permission to read a model: its folder, or, if it is on a server, the folder that keeps it. What fetching it takes
 * is asked for when it has to be fetched.
 *
 * @throws {Error} If permission is denied, or nobody can be asked; the message has the missing flag.
 */
export async function allowModel(
  { model, cache }: { readonly model?: string; readonly cache?: string },
): Promise<void> {
  if (model === undefined) return;
  if (!isRemoteModel(model)) {
    return await allowFiles([model], { action: "read the model" });
  }
  if (cache === undefined) await allowCache();
  await allowFiles([modelCacheFolder(cache)], { action: "read the model" });
}

/** Asks for permission to run networks on the CPU. If nobody can be asked, loading them reports what is missing. */
export async function allowOnnxruntime(): Promise<void> {
  const variable = TELEMETRY_VARIABLE;
  await Deno.permissions.request({ name: "env", variable });
  const path = onnxruntimeFolder();
  if (path) await Deno.permissions.request({ name: "ffi", path });
}

/**
 * Asks for permission to serve a page to this machine.
 *
 * @throws {Error} If permission is denied, or nobody can be asked; the message has the missing flag.
 */
export async function allowLive(): Promise<void> {
  // Port 0 is any free one.
  const host = "127.0.0.1:0";
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw cannot(
    "serve the live page",
    "permission is missing; run with --allow-net=127.0.0.1",
  );
}

/**
 * Asks for permission to read slides, local and remote: at the start, so that no question interrupts a batch. If nobody can
 * be asked, opening the slide reports the missing permission.
 */
export async function allowSources(slides: readonly string[]): Promise<void> {
  // The runtime remembers each file that was asked for, and looks through all of them.
  const { state } = await Deno.permissions.query({ name: "read" });
  for (const each of new Set(slides.flatMap(partsOf).map(permissionOf))) {
    const permission = JSON.parse(each);
    if (permission.name === "read" && state === "granted") continue;
    await Deno.permissions.request(permission);
  }
}

/** A slide's file, and the folder of its parts if it has any. */
function partsOf(slide: string): string[] {
  if (isRemote(slide)) return [slide];
  const path = isFileUrl(slide) ? new URL(slide).pathname : slide;
  if (/\.mrxs$/i.test(path)) return [path, path.slice(0, -".mrxs".length)];
  return /\.(vms|dcm)$/i.test(path) ? [dirname(path)] : [path];
}

/** As text, so that duplicates are asked for once. */
function permissionOf(slide: string): string {
  if (isRemote(slide) && URL.canParse(slide)) {
    const { hostname, port, protocol } = new URL(slide);
    // Without a port, it would be for all ports of the host.
    const own = port || (protocol === "https:" ? 443 : 80);
    return JSON.stringify({ name: "net", host: `${hostname}:${own}` });
  }
  return JSON.stringify({ name: "read", path: slide });
}
