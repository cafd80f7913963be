import { assert, assertEquals, assertThrows } from "@std/assert";
import { OnnxModel } from "../graph/onnx/onnx_model.ts";
import { int, join, message, text } from "../graph/onnx/protobuf.ts";
import { buildGraph } from "../graph/graph.ts";
import type { OnnxAttribute } from "../graph/op.ts";
import type { Shape } from "../graph/tensor.ts";
import { MAX_ONNX_CONSTANT, MAX_ONNX_ITEMS } from "../io/limits.ts";
import { importOnnx } from "./import_onnx.ts";
import { onnxNetwork } from "./onnx_architecture.ts";
import { isOnnx, readOnnx } from "./read_onnx.ts";

interface Node {
  readonly operator: string;
  readonly inputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

type Constants = Readonly<
  Record<string, { shape: readonly number[]; values: Float32Array | bigint[] }>
>;

/** A file of nodes in a row: the first reads "x", each its predecessor, and then its own inputs. */
function file(
  nodes: readonly Node[],
  {
    constants = {},
    input = [1, 3, 8, 8],
    output = ["n", "c", "h", "w"],
    type = "f32",
  }: {
    readonly constants?: Constants;
    readonly input?: readonly number[];
    readonly output?: readonly (number | string)[];
    readonly type?: "f32" | "i64";
  } = {},
): Uint8Array<ArrayBuffer> {
  const model = new OnnxModel();
  for (const [name, { shape, values }] of Object.entries(constants)) {
    const isFloat = values instanceof Float32Array;
    const { buffer } = isFloat ? values : new BigInt64Array(values);
    model.initializer(
      { name, shape },
      isFloat ? "f32" : "i64",
      new Uint8Array(buffer as ArrayBuffer),
    );
  }
  nodes.forEach(({ operator, inputs = [], attributes }, i) => {
    const before = i === 0 ? "x" : `t${i - 1}`;
    const name = i === nodes.length - 1 ? "y" : `t${i}`;
    model.node(operator, name, { inputs: [before, ...inputs], attributes });
  });
  return model.encode({
    inputs: [{ name: "x", shape: input }],
    outputs: [{ name: "y", shape: output }],
    type,
  });
}

function shapeOf(bytes: Uint8Array<ArrayBuffer>, shape: Shape = [1, 3, 8, 8]) {
  const graph = buildGraph(
    { x: shape },
    (inputs) => importOnnx(readOnnx(bytes), inputs).outputs,
  );
  return graph.outputs.y.shape;
}

const one = { shape: [1], values: Float32Array.of(1) };

Deno.test("importOnnx() names the operator and node that it does not know, and what to do", () => {
  const refused: readonly [Node[], Constants, string][] = [
    [
      [{ operator: "Foo" }],
      {},
      'Cannot import operator Foo "y" of the ONNX file: there is no such operator',
    ],
    [[{ operator: "If" }], {}, "export it without control flow, for one size"],
    [
      [{ operator: "QuantizeLinear" }],
      {},
      "export it in float32, not quantized",
    ],
    [[{ operator: "Conv", inputs: ["w"] }], {
      w: { shape: [4, 3, 3], values: new Float32Array(36) },
    }, "its weight is 4×3×3, not of four sizes"],
    [[{ operator: "Conv", inputs: ["w"], attributes: { strides: [1, 2] } }], {
      w: { shape: [1, 3, 1, 1], values: new Float32Array(3) },
    }, "its strides or dilations differ in height and width"],
    [
      [{ operator: "Add", inputs: ["w"] }],
      { w: { shape: [1, 1, 8, 8], values: new Float32Array(64) } },
      "a constant of 1×1×8×8 for 1×3×8×8 is neither one number nor one per channel",
    ],
    [
      [{ operator: "Transpose", attributes: { perm: [0, 2, 3, 1] } }],
      {},
      'its output "y", 1×8×8×3, is not N×C×H×W',
    ],
    [[{ operator: "Reshape", inputs: ["s"] }], {
      s: { shape: [2], values: [1n, 100n] },
    }, "1×3×8×8 cannot become 1×100"],
    [[{ operator: "Reshape", inputs: ["s"] }], {
      s: { shape: [2], values: [1n, -1n] },
    }, 'its output "y", 1×192, is not N×C×H×W'],
    [
      [{
        operator: "Resize",
        inputs: ["", "s"],
        attributes: { mode: "cubic" },
      }],
      { s: { shape: [4], values: Float32Array.of(1, 1, 2, 2) } },
      'its mode "cubic" is not supported',
    ],
    [
      [{ operator: "Softmax", attributes: { axis: 2 } }],
      {},
      "only a softmax over the channels, or over the last size, is supported",
    ],
    [
      [{ operator: "Sigmoid", inputs: [] }, {
        operator: "Add",
        inputs: ["nothing"],
      }],
      {},
      'nothing makes its input "nothing" before it',
    ],
    [
      [{ operator: "Add", inputs: ["y"] }],
      {},
      'nothing makes its input "y" before it',
    ],
    [[{ operator: "Slice", inputs: ["a", "b", "c", "d"] }], {
      a: { shape: [1], values: [0n] },
      b: { shape: [1], values: [8n] },
      c: { shape: [1], values: [2n] },
      d: { shape: [1], values: [0n] },
    }, "its step is 0"],
  ];
  for (const [nodes, constants, says] of refused) {
    const error = assertThrows(
      () => shapeOf(file(nodes, { constants })),
      TypeError,
    );
    assert(error.message.includes(says), `${error.message}\n${says}`);
  }
});

Deno.test("importOnnx() follows sizes that are computed in the file", () => {
  // Shape → Slice → Concat would need several inputs; a slice of every second row and the last channel does here.
  const constants = {
    a: { shape: [2], values: [2n, 1n] },
    b: { shape: [2], values: [3n, 100n] },
    c: { shape: [2], values: [1n, -2n] },
    d: { shape: [2], values: [1n, 2n] },
  };
  const slice = { operator: "Slice", inputs: ["a", "b", "c", "d"] };
  assertEquals(shapeOf(file([slice], { constants })), [1, 1, 4, 8]);
});

Deno.test("readOnnx() refuses what is damaged, anywhere", () => {
  const bytes = file([{ operator: "Add", inputs: ["one"] }], {
    constants: { one },
  });
  assert(isOnnx(bytes));
  shapeOf(bytes);
  for (let length = 0; length < bytes.length; length++) {
    try {
      shapeOf(bytes.slice(0, length));
    } catch (error) {
      assert(
        error instanceof Error && error.message.startsWith("Cannot "),
        `${length}: ${error}`,
      );
      continue;
    }
    throw new Error(`cut at ${length} of ${bytes.length}, it is read`);
  }
  const lying = file([{ operator: "Add", inputs: ["one"] }], {
    constants: { one: { ...one, shape: [2] } },
  });
  assertThrows(
    () => readOnnx(lying),
    SyntaxError,
    '"one" has 1 values, but its shape is 2',
  );
});

/** A model of one part of a graph. */
const modelOf = (field: number, parts: readonly Uint8Array<ArrayBuffer>[]) =>
  join([
    ...int(1, 8),
    ...message(7, parts.flatMap((part) => message(field, [part]))),
    ...message(8, int(2, 17)),
  ]);

Deno.test("readOnnx() refuses weights in other files, of types that are no numbers, and too many parts", () => {
  const tensor = (type: number, ...more: Uint8Array<ArrayBuffer>[]) =>
    join([...int(1, 1), ...int(2, type), ...text(8, "w"), ...more]);
  assertThrows(
    () => readOnnx(modelOf(5, [tensor(1, ...int(14, 1))])),
    TypeError,
    'the values of "w" are in another file: save the network with its weights in one file',
  );
  assertThrows(
    () => readOnnx(modelOf(5, [tensor(8)])),
    TypeError,
    'the values of "w" are of a type that is not read, received 8',
  );
  const node = join(text(4, "Add"));
  const nodes = (count: number) => modelOf(1, Array(count).fill(node));
  assertEquals(readOnnx(nodes(MAX_ONNX_ITEMS)).nodes.length, MAX_ONNX_ITEMS);
  assertThrows(
    () => readOnnx(nodes(MAX_ONNX_ITEMS + 1)),
    RangeError,
    `it has more than ${MAX_ONNX_ITEMS} parts`,
  );
});

Deno.test("importOnnx() computes no constant that a shape of one line asks for without end", () => {
  const model = (count: number) => {
    const onnx = new OnnxModel();
    const values = new Uint8Array(BigInt64Array.of(BigInt(count)).buffer);
    onnx.initializer({ name: "s", shape: [1] }, "i64", values);
    onnx.node("ConstantOfShape", "c", { inputs: ["s"] });
    onnx.node("Size", "n", { inputs: ["c"] });
    onnx.node("Cast", "f", { inputs: ["n"], attributes: { to: 1 } });
    onnx.node("Add", "y", { inputs: ["x", "f"] });
    const port = { shape: [1, 3, 8, 8] };
    return onnx.encode({
      inputs: [{ name: "x", ...port }],
      outputs: [{ name: "y", ...port }],
      type: "f32",
    });
  };
  assertEquals(shapeOf(model(MAX_ONNX_CONSTANT)), [1, 3, 8, 8]);
  assertThrows(
    () => shapeOf(model(MAX_ONNX_CONSTANT + 1)),
    TypeError,
    `a constant of ${
      MAX_ONNX_CONSTANT + 1
    } values, more than ${MAX_ONNX_CONSTANT}`,
  );
});

Deno.test("onnxNetwork() takes one square color picture, at the size of the file alone", () => {
  const conv = { operator: "Conv", inputs: ["w"] };
  const constants = {
    w: { shape: [1, 3, 1, 1], values: Float32Array.of(1, 2, 3) },
  };
  const bytes = file([conv, { operator: "Sigmoid" }], { constants });
  const { architecture, stateDict } = onnxNetwork(bytes, { name: "a.onnx" });
  assertEquals([...stateDict].map(([, { shape }]) => shape), [[1, 3, 1, 1]]);
  const build = (side: number) =>
    buildGraph({ image: [1, 3, side, side] }, ({ image }) => ({
      logits: architecture.forward(image),
    })).outputs.logits;
  // Without its sigmoid.
  assertEquals(build(8).op.name, "conv2d");
  assertThrows(
    () => build(16),
    RangeError,
    "it takes pictures of 8 pixels a side, 1 at a time, received",
  );
  for (const input of [[1, 1, 8, 8], [1, 3, 8, 16], [3, 8, 8], []]) {
    assertThrows(
      () => onnxNetwork(file([conv], { constants, input }), { name: "a" }),
      TypeError,
      "must be N×3×H×W, square where it is fixed",
    );
  }
});

Deno.test("onnxNetwork() refuses a size that the file states for its result, and its operators do not make", () => {
  const constants = {
    w: { shape: [1, 3, 1, 1], values: Float32Array.of(1, 2, 3) },
  };
  const conv = { operator: "Conv", inputs: ["w"] };
  const bytes = file([conv], { constants, output: [1, 1, 4, 4] });
  assertThrows(
    () => onnxNetwork(bytes, { name: "a" }),
    TypeError,
    'it says that its output "y" is 1×1×4×4, but its operators make 1×1×8×8',
  );
  const halves = file([conv], { constants, type: "i64" });
  assertThrows(
    () => onnxNetwork(halves, { name: "a" }),
    TypeError,
    'its input "x" is not of floats',
  );
});

Deno.test("readOnnx() knows ONNX's own operators by an empty domain that is written out, as Paddle's exporter does", () => {
  const bytes = join([
    ...int(1, 8),
    ...message(7, text(2, "graph")),
    ...message(8, [...text(1, "other"), ...int(2, 3)]),
    ...message(8, [...text(1, ""), ...int(2, 11)]),
  ]);
  assertEquals(readOnnx(bytes).opset, 11);
});
