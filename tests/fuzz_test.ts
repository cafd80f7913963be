// deno task fuzz, in small: what it finds in a minute must be found before a commit is.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fuzz, type Outcome, runChild } from "./fuzz/fuzz.ts";
import { LIMITS } from "./fuzz/protocol.ts";
import { loadMaterial, type Reader } from "./fuzz/reader.ts";
import { READERS } from "./fuzz/readers/mod.ts";

const PLANTED = new URL("fuzz/planted.ts", import.meta.url);

/** Mutated inputs of each reader, after attacks and corpus. */
const INPUTS = 60;

for (const reader of READERS) {
  Deno.test(`Readers read or refuse damaged inputs: ${reader.name}`, async () => {
    const to = await countSound(reader) + INPUTS;
    const reports = await runChild({
      module: new URL("fuzz/readers/mod.ts", import.meta.url).href,
      readers: [reader.name],
      seed: 1,
      from: 0,
      to,
      limits: LIMITS,
    });
    const problems = reports.filter(({ problem }) => problem !== undefined)
      .map(({ index, problem }) =>
        `${problem} (deno task fuzz --seed 1 --reader ${reader.name} --from ${index} --inputs 1)`
      );
    assertEquals(problems, []);
    assertEquals(reports.at(-1)?.done, to);
  });
}

Deno.test("Each sound input of the fuzzed codecs and pictures is read", async () => {
  const refused: string[] = [];
  const names = ["tiff", "png", "jpeg", "aperio", "philips", "lzw", "zstd"];
  names.push("ventana", "trestle");
  names.push("pack_bits", "webp", "lerc", "jpeg2000", "torch_legacy", "xml");
  for (const { name, corpus, read } of READERS) {
    if (!names.includes(name)) continue;
    for (const [i, input] of (await corpus("")).entries()) {
      const copy = input.slice();
      try {
        await read(copy, "");
      } catch (error) {
        refused.push(`${name} ${i}: ${(error as Error).message}`);
      }
    }
  }
  assertEquals(refused, []);
});

const NOTICED = {
  hang: /^time: it took more than 0.5 s/,
  never: /^time: it took more than 0.5 s/,
  hog: /^memory: the process took more than \d+ MB/,
  bare: /^the engine's words: TypeError: "Cannot read properties of undefined/,
  stack: /^the engine's words: RangeError: "Maximum call stack/,
  no_sentence: /^no sentence: RangeError: "oops"/,
  writes: /^tried more than to read/,
  prints: /^printed look/,
  leaves_rejection: /^left a rejection alone: Error: alone/,
};

Deno.test("fuzz() notices hangs, memory hogs, errors without a sentence, and whatever is written", async (t) => {
  for (const [reader, problem] of Object.entries(NOTICED)) {
    await t.step(reader, async () => {
      const { findings, inputs, accepted } = await fuzzPlanted(reader);
      assertEquals([inputs, findings.length], [3, 1]);
      assert(accepted >= 2, "others are read");
      const [{ index, problem: found, input }] = findings;
      assertEquals(index, 2);
      assertMatch(found, problem);
      // Made smaller, and still what breaks it.
      assertEquals(input[0], 0x78);
      assert(input.length < 100, `${input.length} bytes`);
    });
  }
});

Deno.test("fuzz() finds nothing in a reader that is sound, and makes the same inputs of the same seed", async () => {
  const { findings, inputs, next } = await fuzzPlanted("sound", 200);
  assertEquals([findings, inputs, next], [[], 200, 200]);
});

/** Attacks and sound inputs of a reader. */
async function countSound(reader: Reader): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const { attacks, corpus } = await loadMaterial(reader, folder);
    return attacks.length + corpus.length;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function fuzzPlanted(reader: string, inputs = 3): Promise<Outcome> {
  const limits = { seconds: 0.5, memory: 5e8 };
  const options = { readers: [reader], seed: 1, inputs, tries: 1 };
  const [outcome] = await Array.fromAsync(
    fuzz({ module: PLANTED, ...options, limits }),
  );
  return outcome;
}
