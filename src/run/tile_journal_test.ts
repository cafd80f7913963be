import { assert, assertEquals } from "@std/assert";
import type { TilePosition } from "../tiles/plan_tiles.ts";
import type { JournalTile } from "./pack_tile.ts";
import {
  resumeTiles,
  TileJournal,
  type TileJournalOptions,
} from "./tile_journal.ts";

const SIDE = 48;

function position(index: number): TilePosition {
  const [column, row] = [index % 3, Math.floor(index / 3)];
  const [x, y] = [column * SIDE, row * SIDE];
  return { index, column, row, x, y, size: 16, expansion: 8, downsample: 3 };
}

/** A tile whose mask and probabilities follow from its index: empty, full, or in between. */
function finished(
  index: number,
): Required<Omit<JournalTile, "probabilities8">> {
  const probability8 = new Uint8Array(SIDE ** 2).map((_, i) =>
    index % 5 === 0 ? 0 : index % 5 === 1 ? 255 : (i * 7 + index * 31) % 256
  );
  const mask = probability8.map((value) => value > 127 ? 1 : 0);
  return {
    tile: position(index),
    mask,
    probability8,
    uncertainPx: 300 * index,
    disagreementPx: index,
  };
}

async function withJournal(
  work: (path: string, options: TileJournalOptions) => Promise<void>,
  probability: TileJournalOptions["probability"] = "everywhere",
) {
  const folder = await Deno.makeTempDir();
  try {
    const options = { key: "a", probability, resume: true };
    await work(`${folder}/.slide.journal`, options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function write(path: string, options: TileJournalOptions, count: number) {
  await using journal = await TileJournal.open(path, options);
  for (let index = 0; index < count; index++) {
    await journal.add(finished(index));
  }
}

for (const probability of ["none", "objects", "everywhere"] as const) {
  Deno.test(`TileJournal gives tiles back as they were, probabilities: ${probability}`, async () => {
    await withJournal(async (path, options) => {
      await write(path, options, 6);
      await using journal = await TileJournal.open(path, options);
      assertEquals([journal.size, journal.discarded], [6, 0]);
      assertEquals(journal.has(position(6)), false);
      for (let index = 0; index < 6; index++) {
        const { mask, probability8, ...of } = finished(index);
        const { uncertainPx, disagreementPx } = of;
        const read = await journal.read(position(index));
        assertEquals(read.mask, mask);
        assertEquals(
          [read.uncertainPx, read.disagreementPx],
          probability === "none"
            ? [undefined, undefined]
            : [uncertainPx, disagreementPx],
        );
        assertEquals(
          read.probability8 && new Uint8Array(read.probability8),
          {
            none: undefined,
            objects: probability8.map((value, i) => mask[i] * value),
            everywhere: probability8,
          }[probability],
        );
      }
    }, probability);
  });
}

Deno.test("TileJournal discards what is torn or altered, and what follows", async () => {
  await withJournal(async (path, options) => {
    await write(path, options, 6);
    const whole = await Deno.readFile(path);
    // Cut anywhere, it holds the records before the cut.
    let most = 0;
    for (let cut = 0; cut < whole.length + 97; cut += 97) {
      const size = Math.min(cut, whole.length - 1);
      await Deno.writeFile(path, whole.subarray(0, size));
      await using journal = await TileJournal.open(path, options);
      assert(journal.size >= most && journal.size < 6);
      most = journal.size;
      for (let index = 0; index < most; index++) {
        const { mask } = await journal.read(position(index));
        assertEquals(mask, finished(index).mask);
      }
    }
    assertEquals(most, 5);
    // So does one with any bit changed, and never a tile that is not what was written.
    for (let at = 0; at < whole.length; at += 53) {
      const altered = whole.slice();
      altered[at] ^= 1 << at % 8;
      await Deno.writeFile(path, altered);
      await using journal = await TileJournal.open(path, options);
      assert(journal.size < 6);
      assert(at < 36 || journal.discarded > 0);
      for (let index = 0; index < journal.size; index++) {
        const { mask } = await journal.read(position(index));
        assertEquals(mask, finished(index).mask);
      }
    }
  });
});

/** A tile of three classes, of which one may be absent, with their probabilities. */
function classified(index: number): Required<JournalTile> {
  const probabilities8 = [3, 5, 7].map((step) =>
    new Uint8Array(SIDE ** 2).map((_, i) => (i * step + index * 31) % 256)
  );
  const probability8 = probabilities8[0].map((_, i) =>
    Math.max(...probabilities8.map((plane) => plane[i]))
  );
  const mask = probability8.map((value, i) =>
    value <= 200
      ? 0
      : 1 + probabilities8.findIndex((plane) => plane[i] === value)
  );
  return {
    ...{ tile: position(index), mask, probability8, probabilities8 },
    ...{ uncertainPx: 7, disagreementPx: 0 },
  };
}

for (const probability of ["none", "objects", "everywhere"] as const) {
  Deno.test(`TileJournal gives tiles of several classes back, probabilities: ${probability}`, async () => {
    await withJournal(async (path, options) => {
      await using journal = await TileJournal.open(path, {
        ...options,
        classes: 3,
      });
      for (const index of [0, 1]) await journal.add(classified(index));
      for (const index of [0, 1]) {
        const expected = classified(index);
        const read = await journal.read(expected.tile);
        assertEquals(new Set(expected.mask), new Set([0, 1, 2, 3]));
        assertEquals(read.mask, expected.mask);
        const { probability8, probabilities8 } = expected;
        assertEquals(
          read.probability8,
          probability === "everywhere"
            ? probability8
            : probability === "objects"
            ? probability8.map((value, i) => expected.mask[i] ? value : 0)
            : undefined,
        );
        assertEquals(
          read.probabilities8?.map((plane) => Uint8Array.from(plane)),
          probability === "everywhere" ? probabilities8 : undefined,
        );
      }
    }, probability);
  });
}

Deno.test("TileJournal begins anew with another key, other probabilities, or without resume", async () => {
  await withJournal(async (path, options) => {
    const others: Partial<TileJournalOptions>[] = [
      { key: "b" },
      { probability: "none" },
      { classes: 2 },
      { resume: false },
    ];
    for (const other of others) {
      await write(path, options, 2);
      await using journal = await TileJournal.open(path, {
        ...options,
        ...other,
      });
      assertEquals(journal.size, 0);
    }
  });
});

Deno.test("TileJournal leaves no file when nothing is in it, or when it is removed", async () => {
  await withJournal(async (path, options) => {
    await write(path, options, 0);
    assertEquals(await exists(path), false);
    await using journal = await TileJournal.open(path, options);
    await journal.add(finished(0));
    assertEquals(await exists(path), true);
    await journal.remove();
    assertEquals(await exists(path), false);
  });
});

Deno.test("TileJournal tells once that it cannot be written, and the run goes on", async () => {
  await withJournal(async (path, options) => {
    const causes: unknown[] = [];
    const onFailure = (cause: unknown) => void causes.push(cause);
    const journal = await TileJournal.open(path, { ...options, onFailure });
    await journal.remove(); // the file is closed
    await journal.add(finished(0));
    await journal.add(finished(1));
    assertEquals(causes.length, 1);
    assertEquals(journal.size, 0);
  });
});

Deno.test("resumeTiles() has only unfinished tiles predicted, and keeps the order", async () => {
  await withJournal(async (path, options) => {
    for (
      const done of [[], [0], [8], [0, 1, 4, 5, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8]]
    ) {
      await using journal = await TileJournal.open(path, {
        ...options,
        resume: false,
      });
      for (const index of done) await journal.add(finished(index));
      const predicted: number[] = [];
      const predict = (tiles: AsyncIterable<TilePosition>) =>
        predictInTurn(tiles, (index) => predicted.push(index));
      const order: number[] = [];
      for await (
        const { tile, mask } of resumeTiles(nineTiles(), journal, predict)
      ) {
        order.push(tile.index);
        assertEquals(mask, finished(tile.index).mask);
      }
      assertEquals(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      assertEquals(
        predicted,
        order.filter((index) => !done.includes(index)),
      );
      assertEquals(journal.size, 9);
    }
  });
});

async function* nineTiles() {
  for (let index = 0; index < 9; index++) yield await position(index);
}

/** Gives tiles in order while two are under way. */
async function* predictInTurn(
  tiles: AsyncIterable<TilePosition>,
  tell: (index: number) => void,
) {
  const waiting: number[] = [];
  for await (const { index } of tiles) {
    tell(index);
    waiting.push(index);
    if (waiting.length > 1) yield finished(waiting.shift()!);
  }
  for (const index of waiting) yield finished(index);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
