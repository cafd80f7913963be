import { UsageError } from "../errors/cannot.ts";
import { closest, givenOptions, parseOptions } from "./parse_options.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("givenOptions() names what a command line holds, in either form", () => {
  const args = ["a.svs", "--mpp", "1", "--tile=64", "-h", "--", "--expansion"];
  assertEquals([...givenOptions(args)], ["mpp", "tile"]);
});

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

function parse(...args: string[]) {
  const { help, given, rest } = parseOptions(args, {
    augment: { negated: true },
    quiet: {},
    tile: { value: "N" },
    threshold: { value: "P" },
    mean: { value: "R,G,B" },
    weights: { value: "FILE", repeats: true },
  });
  const [tile, threshold, mean] = ["tile", "threshold", "mean"]
    .map((name) => given.get(name)?.[0]);
  return {
    help,
    quiet: given.has("quiet"),
    augment: !given.has("no-augment"),
    tile,
    weights: given.get("weights"),
    _: rest,
    more: { threshold, mean },
  };
}

Deno.test("parseOptions() reads values in every way they are given", () => {
  const { tile, weights, _, augment, quiet } = parse(
    ...["a", "--tile", "64", "--weights", "x=1", "--weights=y", "-", "b"],
    ...["--no-augment", "--", "--tile", "-h"],
  );
  assertEquals([tile, weights], ["64", ["x=1", "y"]]);
  assertEquals(_, ["a", "-", "b", "--tile", "-h"]);
  assertEquals([augment, quiet], [false, false]);
});

Deno.test("parseOptions() takes numbers below 0 for values", () => {
  const { more, tile } = parse(
    ...["--threshold", "-0.5", "--tile", "-.5", "--mean", "-1,0,0"],
  );
  assertEquals([more.threshold, tile, more.mean], ["-0.5", "-.5", "-1,0,0"]);
});

Deno.test("parseOptions() takes the same option twice where both say the same", () => {
  const { tile, quiet } = parse(
    ...["--tile", "64", "--tile=64", "--quiet", "--quiet"],
  );
  assertEquals([tile, quiet], ["64", true]);
});

Deno.test("parseOptions() heeds --help, whatever else is wrong", () => {
  assertEquals(parse("--treshold", "1", "--help").help, true);
  assertEquals(parse("a", "-h", "--tile").help, true);
});

const refused: [args: string[], message: string][] = [
  [["--treshold", "1"], "Unknown option --treshold; did you mean --threshold?"],
  [["--treshold=1"], "Unknown option --treshold; did you mean --threshold?"],
  [["--thres", "1"], "Unknown option --thres; did you mean --threshold?"],
  [["--Tile", "1"], "Unknown option --Tile; did you mean --tile?"],
  [["-tile", "1"], "Unknown option -tile; did you mean --tile?"],
  [["–tile", "1"], "Unknown option –tile; did you mean --tile?"],
  [["--verison"], "Unknown option --verison; did you mean --version?"],
  [["--no-augmnt"], "Unknown option --no-augmnt; did you mean --no-augment?"],
  [["--banana"], "Unknown option --banana"],
  [["-q"], "Unknown option -q"],
  [["-0.5"], "Unknown option -0.5"],
  [["--_", "x"], "Unknown option --_"],
  [["--__proto__", "x"], "Unknown option --__proto__"],
  [["--constructor", "x"], "Unknown option --constructor"],
  [["--tile.x", "1"], "Unknown option --tile.x; did you mean --tile?"],
  [["--=x"], "Unknown option --=x"],
  [["--no-"], "Unknown option --no-; did you mean --no-augment?"],
  [["--no-tile"], "Unknown option --no-tile"],
  [["--no-quiet"], "Unknown option --no-quiet"],
];
for (const [args, message] of refused) {
  Deno.test(`parseOptions() refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => parse(...args), UsageError);
    assertEquals(error.message, message);
  });
}

const senseless: [args: string[], message: string][] = [
  [["--tile"], "--tile needs a value"],
  [["--tile="], "--tile needs a value"],
  [["--tile", ""], "--tile needs a value"],
  [["--tile", "--quiet"], "--tile needs a value"],
  [["--tile", "-q"], "--tile needs a value"],
  [["--tile", "--", "64"], "--tile needs a value"],
  [["--weights", "--tile", "64"], "--weights needs a value"],
  [["--quiet=maybe"], '--quiet takes no value, received "maybe"'],
  [["--no-augment=true"], '--no-augment takes no value, received "true"'],
  [
    ["--tile", "64", "--tile", "128"],
    "--tile=64 and --tile=128 cannot be combined",
  ],
  [
    ["--augment", "--no-augment"],
    "--augment and --no-augment cannot be combined",
  ],
];
for (const [args, message] of senseless) {
  Deno.test(`parseOptions() refuses ${args.join(" ")}, of no sense`, () => {
    const error = assertThrows(() => parse(...args), UsageError);
    assertEquals(error.message, message);
  });
}
