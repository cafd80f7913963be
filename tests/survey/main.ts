/**
 * Runs the networks that `make.py` wrote, in f32 and f16, beside what PyTorch computed, and prints the table of
 * docs/onnx_networks.md.
 *
 *     python3 tests/survey/make.py FOLDER
 *     deno task survey FOLDER [--name TEXT] [--verbose]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { cannot, reasonOf } from "../../src/errors/cannot.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { buildGraph, type Graph, nodesOf } from "../../src/graph/graph.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { importOnnx } from "../../src/onnx/import_onnx.ts";
import { readOnnx } from "../../src/onnx/read_onnx.ts";
import { readSafetensors } from "../../src/weights/read_safetensors.ts";
import { type StateDict, toFloat32 } from "../../src/weights/tensor_data.ts";
import { deviation, maxDifference } from "../helpers/golden.ts";
import { runGraph } from "../helpers/run_graph.ts";

interface Kind {
  readonly name: string;
  readonly values: string;
  readonly outputs: readonly string[];
  readonly files: readonly {
    readonly file?: string;
    readonly opset: number;
    readonly kind: "fixed" | "free";
    readonly error?: string;
  }[];
}

/** Largest error of a network's results, over their deviation; {@linkcode LIMITS} are those that count as the same. */
type Errors = Readonly<Record<Precision, number>>;

const LIMITS: Errors = { f32: 2e-4, f16: 5e-2 };
const PRECISIONS = ["f32", "f16"] as const;

const { _: [folder], name, verbose } = parseArgs(Deno.args, {
  string: ["_", "name"],
  boolean: ["verbose"],
});
if (!folder) {
  throw cannot("run the survey", "give the folder that make.py wrote", {
    kind: RangeError,
  });
}

using gpu = await Gpu.request();
const rows: string[] = [];
const seen = new Map<string, Errors>();
let complete = 0;
for (const kind of kindsOf(folder)) {
  const values = readSafetensors(Deno.readFileSync(`${folder}/${kind.values}`));
  const files = kind.files.filter(({ file }) => file !== undefined);
  const worst = { f32: 0, f16: 0 };
  const refused = new Set<string>();
  let ran = 0;
  for (const { file, kind: size } of files) {
    try {
      const errors = await compare(`${folder}/${file}`, values, size);
      if (verbose) console.error(file, errors);
      for (const one of PRECISIONS) {
        worst[one] = Math.max(worst[one], errors[one]);
      }
      if (PRECISIONS.every((one) => errors[one] <= LIMITS[one])) ran++;
      else refused.add("differs");
    } catch (error) {
      if (verbose) console.error(file, (error as Error).message);
      refused.add(reasonOf(error));
    }
  }
  if (ran === files.length) complete++;
  seen.clear();
  rows.push(
    [
      "",
      kind.name,
      `${ran} of ${files.length}`,
      ...PRECISIONS.map((one) => ran > 0 ? worst[one].toExponential(1) : "–"),
      [...refused].join("; "),
      "",
    ].join(" | ").trim(),
  );
  if (verbose) console.error(rows.at(-1));
}
console.log(
  [
    "| network | files that run | f32 | f16 | others |",
    "| --- | --: | --: | --: | --- |",
    ...rows,
  ]
    .join("\n"),
);
console.log(`\n${complete} of ${rows.length} networks run in every file.`);

function kindsOf(folder: string): Kind[] {
  return [...Deno.readDirSync(folder)]
    .map(({ name }) => name)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file): Kind => JSON.parse(Deno.readTextFileSync(`${folder}/${file}`)))
    .filter((kind) => kind.name.includes(name ?? ""));
}

async function compare(
  path: string,
  expected: StateDict,
  size: "fixed" | "free",
): Promise<Errors> {
  const model = readOnnx(Deno.readFileSync(path));
  const image = expected.get(`${size}.input`)!;
  const parameters = new Map<string, () => Float32Array>();
  const graph = buildGraph({ x: image.shape as unknown as Shape }, (inputs) => {
    const imported = importOnnx(model, inputs);
    for (const [key, one] of imported.parameters) parameters.set(key, one);
    return imported.outputs;
  });
  // Versions of ONNX mostly make the same layers.
  const key = signature(graph, (name) => parameters.get(name)!());
  const known = seen.get(key);
  if (known) return known;
  const errors = { f32: 0, f16: 0 };
  for (const precision of PRECISIONS) {
    const results = await runGraph(gpu, graph, {
      inputs: { x: toFloat32(image) },
      parameters: (name) => parameters.get(name)!(),
      precision,
    });
    model.outputs.forEach(({ name }, i) => {
      const wanted = toFloat32(expected.get(`${size}.output${i}`)!);
      const found = results[name];
      const error = found.length === wanted.length
        ? maxDifference(found, wanted) / deviation(wanted)
        : Infinity;
      errors[precision] = Math.max(errors[precision], error);
    });
  }
  seen.set(key, errors);
  return errors;
}

/** A graph as it is computed, without its names. */
function signature(
  graph: Graph,
  values: (name: string) => Float32Array,
): string {
  const nodes = nodesOf(graph);
  const places = new Map(nodes.map((node, i) => [node, i] as const));
  const weigh = (sum: number, value: number, i: number) =>
    sum + value * (1 + i % 7);
  const parts = nodes.map(({ op, inputs, parameters, name: _, ...node }) => [
    op.name,
    inputs.map((input) => places.get(input)),
    Object.values(parameters).map(({ name }) => values(name).reduce(weigh, 0)),
    node,
  ]);
  return JSON.stringify(parts, (_, value: unknown) => {
    if (typeof value === "bigint") return Number(value);
    const isParameter = typeof value === "object" && value !== null &&
      "shape" in value && "name" in value;
    return isParameter ? undefined : value;
  });
}
