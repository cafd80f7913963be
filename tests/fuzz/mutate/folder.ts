import type { Dice } from "../dice.ts";
import type { Bytes, Mutate } from "../reader.ts";
import { toBytes } from "./text.ts";

/** Packs the files of a slide into one input: a line of paths and lengths, then the files. */
export function packFiles(files: ReadonlyMap<string, Bytes>): Bytes {
  const head = [...files].map(([path, bytes]) => `${path} ${bytes.length}`);
  const parts = [toBytes(head.join(",") + "\n"), ...files.values()];
  const packed = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** The files of an input that {@linkcode packFiles} made; of what is left of them, if it was damaged. */
export function unpackFiles(input: Bytes): Map<string, Bytes> {
  const end = input.indexOf(10) + 1;
  const head = new TextDecoder().decode(
    input.subarray(0, Math.max(0, end - 1)),
  );
  const files = new Map<string, Bytes>();
  let at = end;
  for (const entry of head.split(",").slice(0, 100)) {
    const [path, length] = entry.split(" ");
    files.set(path, input.slice(at, at += Number(length) || 0));
  }
  return files;
}

/** Changes one of the packed files, by the mutations that fit its name. */
export function mutateFiles(
  kinds: readonly (readonly [name: RegExp, mutate: Mutate])[],
): Mutate {
  return (input: Bytes, dice: Dice) => {
    const files = unpackFiles(input);
    const path = dice.pick([...files.keys()]);
    const kind = kinds.find(([name]) => name.test(path));
    if (kind) files.set(path, kind[1](files.get(path)!, dice));
    else files.delete(path);
    return packFiles(files);
  };
}
