import { basename, dirname, join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { Corrections } from "../corrections/corrections.ts";
import type { FindingRun } from "../corrections/corrected_document.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { isRemote } from "../slide/open_source.ts";
import { editView } from "../view/edit_view.ts";
import type { View } from "../view/view.ts";
import { folderOf, isThere, readSummary } from "./find_results.ts";
import { leaseResults, makeFolder } from "./output_folder.ts";

/**
 * How corrections of slides are kept.
 *
 * @category Viewer
 */
export interface CorrectionSettings {
  /** The folder of `NAME.corrected.geojson`. Default: that of the results, or of the slide. */
  readonly corrected?: string;
  /** Who corrects. Default: it is not recorded. */
  readonly by?: string;
}

/** A slide, and where its files are. */
export interface CorrectedPlace extends CorrectionSettings {
  /** The slide's path or URL. */
  readonly source: string;
  /** Its name, with folders if another slide has the same. */
  readonly name: string;
  /** The folder of its results. Default: it has none. */
  readonly results?: string;
  /** The place of its results there: `NAME` or `FOLDER/NAME`. Default: it has none. */
  readonly place?: string;
  /** The objects to begin with. Default: `NAME.geojson` of the results. */
  readonly geojson?: string;
}

/** Where a slide's corrections are; `undefined` if there is no folder for them. */
export function correctedPath(
  { corrected, results, place, name, source }: CorrectedPlace,
): string | undefined {
  const ending = ".corrected.geojson";
  if (corrected !== undefined) return join(corrected, name + ending);
  if (results !== undefined) return join(results, (place ?? name) + ending);
  if (isRemote(source)) return undefined;
  return join(folderOf(source), basename(name) + ending);
}

/** The file with a slide's corrections, if there is one. */
export async function findCorrections(
  place: CorrectedPlace,
): Promise<string | undefined> {
  const path = correctedPath(place);
  return path !== undefined && await isThere(path) ? path : undefined;
}

/**
 * Shows corrections in place of a view's other objects.
 *
 * @throws {Error} If they are damaged, or of another slide.
 */
export async function showCorrections<V extends View>(
  view: V,
  path: string,
): Promise<V> {
  const slide = view.description;
  return editView(view, await Corrections.open(path, { slide }), {});
}

/**
 * Lets the pages of a view change its objects. Until it is disposed of, no other process may.
 *
 * @param view It is disposed of with the result, but not if that fails.
 * @param options `token`, what only the server's own pages know.
 * @throws {Error} If another process is correcting the slide, its file is damaged, or there is no folder for it.
 */
export async function correctSlide(
  view: View & AsyncDisposable,
  { token, ...place }: CorrectedPlace & { readonly token: string },
): Promise<View & AsyncDisposable> {
  const action = `correct "${place.name}"`;
  const path = correctedPath(place);
  if (path === undefined) {
    throw cannot(
      action,
      "the slide is on a server: give a folder for its corrections with --corrected DIR",
    );
  }
  await using opened = new AsyncDisposableStack();
  opened.use(await makeFolder(dirname(path), "corrections"));
  const lock = join(
    dirname(path),
    `.${basename(path, ".geojson")}.lock`,
  );
  const context = { id: crypto.randomUUID(), host: undefined };
  opened.use(await leaseResults(lock, { action, context }));
  const { results = "", place: found } = place;
  const own = found === undefined
    ? undefined
    : join(results, `${found}.geojson`);
  const summary = found === undefined
    ? undefined
    : await readSummary(join(results, `${found}.json`), basename(found));
  const isOwn = place.geojson === undefined && own && await isThere(own);
  const corrections = opened.use(
    await Corrections.open(path, {
      slide: view.description,
      source: place.geojson ?? (isOwn ? own : undefined),
      run: isOwn && summary ? runOf(summary) : undefined,
      classes: summary?.classes,
      by: place.by,
    }),
  );
  const edited = editView(view, corrections, { token });
  const kept = opened.move();
  const close = view[Symbol.asyncDispose];
  edited[Symbol.asyncDispose] = async () => {
    await kept.disposeAsync();
    await close.call(view);
  };
  return edited;
}

/** The run that made results: its weights with the beginning of their digests, and its threshold. */
function runOf({ model, settings }: MaskSummary): FindingRun {
  const weights = (Array.isArray(model) ? model : [])
    .map(({ weights, sha256 }) =>
      [basename(String(weights)), String(sha256 ?? "").slice(0, 12)]
        .join(" ").trim()
    );
  const { threshold } = settings ?? {};
  return {
    model: weights.length > 0 ? weights.join(", ") : undefined,
    threshold: threshold === undefined ? undefined : String(threshold),
  };
}
