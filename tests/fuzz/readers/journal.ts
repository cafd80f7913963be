// The journal of finished tiles: what a crash tore or anybody changed must not come back as a tile.
import type { JournalTile } from "../../../src/run/pack_tile.ts";
import { TileJournal } from "../../../src/run/tile_journal.ts";
import { damageBytes } from "../mutate/bytes.ts";
import type { Bytes, Reader } from "../reader.ts";

const SIDE = 24;
const OPTIONS = { key: "a", probability: "everywhere", resume: true } as const;

/** A tile whose pixels follow from its index. */
function finished(
  index: number,
): Required<Omit<JournalTile, "probabilities8">> {
  const [x, y] = [index * SIDE, 0];
  const probability8 = new Uint8Array(SIDE ** 2)
    .map((_, i) => (i * 7 + index * 31) % 256);
  return {
    tile: {
      ...{ index, column: index, row: 0, x, y },
      ...{ size: 8, expansion: 4, downsample: 3 },
    },
    mask: probability8.map((value) => value > 127 ? 1 : 0),
    probability8,
    uncertainPx: index * 100,
    disagreementPx: index,
  };
}

async function sound(folder: string): Promise<Bytes> {
  const path = `${folder}/sound.journal`;
  await using journal = await TileJournal.open(path, OPTIONS);
  for (let index = 0; index < 4; index++) await journal.add(finished(index));
  const bytes = await Deno.readFile(path);
  await journal.remove();
  return bytes;
}

export const JOURNAL_READER: Reader = {
  name: "tile_journal",
  corpus: async (folder) => [await sound(folder)],
  mutate: [damageBytes],
  file: "slide.journal",
  async read(_, path) {
    await using journal = await TileJournal.open(path, OPTIONS);
    for (let index = 0; index < 4; index++) {
      const { tile, mask, probability8 } = finished(index);
      if (!journal.has(tile)) continue;
      const read = await journal.read(tile);
      const isSame = mask.every((value, i) => read.mask[i] === value) &&
        probability8.every((value, i) => read.probability8?.[i] === value);
      if (!isSame) throw `tile ${index} is another than was written`;
    }
  },
};
