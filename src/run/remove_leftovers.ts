/**
 * Removes the temporary files that a killed run of a slide has left, as large as its results may be. Only for who knows
 * that run to be dead: one that is alive loses its results.
 */
export async function removeLeftovers(
  out: string,
  name: string,
): Promise<void> {
  for await (const entry of Deno.readDir(out)) {
    // What AtomicFile writes before it renames.
    const isPart = entry.name.startsWith(`.${name}.`) &&
      /^[a-z.]+\.[0-9a-f]{8}\.part$/.test(entry.name.slice(name.length + 2));
    if (isPart && entry.isFile) await Deno.remove(`${out}/${entry.name}`);
  }
}
