import type { MaskSummary } from "./summarize_mask.ts";
import { AtomicFile } from "./atomic_file.ts";

/**
 * Writes a summary as indented JSON; the file gets its name once it is complete. Deno only.
 *
 * @param path The file, usually `NAME.json`.
 * @throws {Error} If the file cannot be written.
 *
 * @example
 * ```ts
 * import { summarizeMask, writeSummary } from "@tilewise/tilewise";
 *
 * const slide = { name: "kidney", width: 10, height: 10 };
 * const path = await Deno.makeTempFile({ suffix: ".json" });
 * await writeSummary(path, summarizeMask({ slide, areas: [4], tiles: { seen: 1, skipped: 0 } }));
 * await Deno.remove(path);
 * ```
 */
export async function writeSummary(
  path: string,
  summary: MaskSummary,
): Promise<void> {
  await using file = await AtomicFile.create(path);
  await file.write(
    new TextEncoder().encode(JSON.stringify(summary, null, 2) + "\n"),
  );
  await file.close();
}
