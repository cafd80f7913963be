import { cannot } from "../../../errors/cannot.ts";
import { MAX_ZARR_JSON } from "../../../io/limits.ts";
import type { Folder } from "../../folder.ts";

/** A JSON object whose contents are not known. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a document of a Zarr store; `undefined` if there is none.
 *
 * @throws {SyntaxError} If it is not a JSON object.
 */
export async function readJson(
  folder: Folder,
  path: string,
  signal?: AbortSignal,
): Promise<Json | undefined> {
  const bytes = await folder.read(path, { most: MAX_ZARR_JSON, signal });
  if (!bytes) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw cannot(`read "${path}"`, "it is not JSON", {
      kind: SyntaxError,
      cause,
    });
  }
  if (isObject(json)) return json;
  throw cannot(`read "${path}"`, "it is not a JSON object", {
    kind: SyntaxError,
  });
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none if it is not a list. */
export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A list of finite numbers; `undefined` if it is something else. */
export function numbersOf(value: unknown): number[] | undefined {
  return Array.isArray(value) && value.every(Number.isFinite)
    ? value
    : undefined;
}

/** A file below a group: `0/zarr.json`. */
export function below(group: string, path: string): string {
  return group === "" ? path : `${group}/${path}`;
}
