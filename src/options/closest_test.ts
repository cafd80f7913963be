import { assertEquals } from "@std/assert";
import { closest } from "./closest.ts";

const cases: [word: string, candidates: string[], found: string | undefined][] =
  [
    ["infre", ["infer", "view", "train"], "infer"],
    ["verison", ["help", "version"], "version"],
    ["treshold", ["tile", "threshold"], "threshold"],
    ["thresh", ["tile", "threshold"], "threshold"],
    ["Treshold", ["threshold"], "threshold"],
    ["tiles", ["tile", "title", "timeout"], "tile"],
    ["fold", ["folds", "fold"], "fold"],
    ["tumour", ["Stroma", "Tumor"], "Tumor"],
    ["x", ["tile", "mpp"], undefined],
    ["segment", ["infer", "view"], undefined],
    ["", ["tile", "mpp"], undefined],
    ["tile", [], undefined],
  ];

for (const [word, candidates, found] of cases) {
  Deno.test(`closest() finds ${found} for "${word}" in ${candidates}`, () => {
    assertEquals(closest(word, candidates), found);
  });
}

Deno.test("closest() finds names alike but for case or a letter or two", () => {
  const names = ["Glomerulus", "Vessel", "Stroma"];
  assertEquals(closest("glomerulus", names), "Glomerulus");
  assertEquals(closest("Glomerolus", names), "Glomerulus");
  assertEquals(closest("Vesel", names), "Vessel");
  assertEquals(closest("Tumor", names), undefined);
});
