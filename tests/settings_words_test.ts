import { parseEvaluateOptions } from "../src/cli/evaluate.ts";
import { parseTrainOptions } from "../src/cli/train.ts";
import { settingsTable } from "../src/report/run_card.ts";
import { assertEquals } from "@std/assert";

/** Options that have no place on a page. */
const UNSEEN = [
  ...[
    "out",
    "overwrite",
    "resume",
    "quiet",
    "saveEvery",
    "memory",
    "cache",
    "license",
    "name",
    "normalization",
  ],
];

const one = ["--labels", "l", "--tile", "64", "--out", "o"];
const options = {
  train: parseTrainOptions(["--slides", "s", ...one]),
  evaluate: parseEvaluateOptions(["s", "--weights", "w", ...one]),
};

for (const [command, parsed] of Object.entries(options)) {
  Deno.test(`All options of ${command} have words on its page`, () => {
    const settings = Object.fromEntries(
      Object.keys(parsed!).filter((name) => !UNSEEN.includes(name))
        .map((name) => [name, "1"]),
    );
    const rows = [
      ...String(settingsTable(settings)).matchAll(/<th>(.*?)<\/th>/g),
    ];
    assertEquals(
      rows.map(([, label]) => label).filter((label) => label in settings),
      [],
    );
  });
}
