/** Location of a checkpoint on disk. */
export interface WeightsPlace {
  /** A path, or a `file:` URL. */
  readonly path: string | URL;
  /** The file's name. */
  readonly name: string;
}

/**
 * Distinguishes a path from a URL, which may be a string.
 *
 * @throws {TypeError} If it is not a `file:` URL.
 */
export function findWeights(source: string | URL): WeightsPlace {
  const isUrl = source instanceof URL ||
    /^(file:|[a-z][\w+.-]+:\/\/)/i.test(source); // "C:\" is a path
  if (!isUrl) return { path: source, name: nameOf(source) };
  if (!URL.canParse(source)) {
    throw new TypeError(`Cannot load checkpoint ${source}: it is no valid URL`);
  }
  const url = new URL(source);
  if (url.protocol !== "file:") {
    const shown = url.href.replace(/[?#].*$/, ""); // a query may hold keys
    throw new TypeError(
      `Cannot load checkpoint ${shown}: weights are read from files alone; download it first, or pass its bytes to loadModel()`,
    );
  }
  return { path: url, name: nameOf(decode(url.pathname)) };
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}
