import {
  floatBytes,
  handPickle,
  pickledDict,
  pickledInt,
  pickledInts,
  pickledTensor,
  pickledText,
  type PicklePart,
  torchLegacy,
  torchZip,
} from "../../tests/helpers/hand_pickle.ts";
import { readCheckpoint } from "./read_checkpoint.ts";
import { toFloat32 } from "./tensor_data.ts";
import { writeSafetensors } from "./write_safetensors.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const values = floatBytes(1, 2, 3, 4);
const vector = pickledTensor({ shape: [4], strides: [1] });

function zip(
  value: PicklePart,
  files: Record<string, Uint8Array> = {},
): Uint8Array {
  return torchZip(handPickle([0x80, 2], value, "."), {
    storages: { "0": values },
    files,
  });
}

function tensors(value: PicklePart): Record<string, number[]> {
  const read = readCheckpoint(zip(value));
  return Object.fromEntries(
    [...read].map(([key, tensor]) => [key, [...toFloat32(tensor)]]),
  );
}

Deno.test("readCheckpoint() makes views contiguous", () => {
  const read = tensors(pickledDict({
    whole: pickledTensor({ shape: [2, 2], strides: [2, 1] }),
    transposed: pickledTensor({ shape: [2, 2], strides: [1, 2] }),
    column: pickledTensor({ shape: [2], strides: [2], offset: 1 }),
    repeated: pickledTensor({ shape: [3, 2], strides: [0, 1], offset: 2 }),
    single: pickledTensor({
      shape: [1, 1, 2],
      strides: [77, 99, 1],
      offset: 2,
    }),
    scalar: pickledTensor({ shape: [], strides: [], offset: 3 }),
    empty: pickledTensor({ shape: [0, 4], strides: [4, 1] }),
  }));
  assertEquals(read, {
    whole: [1, 2, 3, 4],
    transposed: [1, 3, 2, 4],
    column: [2, 4],
    repeated: [3, 4, 3, 4, 3, 4],
    single: [3, 4],
    scalar: [4],
    empty: [],
  });
});

Deno.test("readCheckpoint() copies nothing that lies in one piece", () => {
  const file = zip(pickledDict({ a: vector, b: vector }));
  const read = readCheckpoint(file);
  assert(read.get("a")?.data.buffer === file.buffer);
  assert(read.get("b")?.data.byteOffset === read.get("a")?.data.byteOffset);
});

Deno.test("readCheckpoint() unwraps nested state dicts and drops what is no tensor", () => {
  const dict = pickledDict({ weight: vector, epoch: "K\x07" });
  const cases: PicklePart[] = [
    dict,
    ...["state_dict", "model", "net", "model_state_dict", "anything"]
      .map((key) => pickledDict({ epoch: "K\x07", [key]: dict, lr: "N" })),
    pickledDict({
      ema: pickledDict({ other: vector }),
      state_dict: dict,
      loss: vector,
    }),
    pickledDict({ model: pickledDict({ state_dict: dict }) }),
    pickledDict({ "module.weight": vector }),
    pickledDict({ "_orig_mod.module.weight": vector }),
    handPickle(
      "ccollections\nOrderedDict\n)R(",
      pickledText("weight"),
      vector,
      "u}b",
    ),
    pickledDict({
      weight: handPickle(
        "ctorch._utils\n_rebuild_parameter\n(",
        vector,
        [0x88],
        "}tR",
      ),
    }),
    pickledDict({
      weight: handPickle(
        "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter\nctorch\nTensor\n(",
        vector,
        [0x88],
        "}t}tR",
      ),
    }),
  ];
  for (const value of cases) {
    assertEquals(tensors(value), { weight: [1, 2, 3, 4] });
  }
});

Deno.test("readCheckpoint() maps newer weight norm to weight_g and weight_v", () => {
  const keys = [
    "module.dec4.shuf.0.0.parametrizations.weight.original0",
    "module.dec4.shuf.0.0.parametrizations.weight.original1",
  ];
  const read = tensors(pickledDict({ [keys[0]]: vector, [keys[1]]: vector }));
  assertEquals(Object.keys(read), [
    "dec4.shuf.0.0.weight_g",
    "dec4.shuf.0.0.weight_v",
  ]);
});

Deno.test("readCheckpoint() strips module. only where all keys have it", () => {
  assertEquals(
    Object.keys(tensors(pickledDict({ "module.a": vector, b: vector }))),
    [
      "module.a",
      "b",
    ],
  );
});

Deno.test("readCheckpoint() reads raw bytes with a dtype", () => {
  const typed = handPickle(
    "ctorch._utils\n_rebuild_tensor_v3\n((",
    pickledText("storage"),
    "ctorch.storage\nUntypedStorage\n",
    pickledText("0"),
    pickledText("cpu"),
    pickledInt(16),
    "tQK\x02",
    pickledInts([2]),
    pickledInts([1]),
    [0x89],
    ")ctorch\nfloat32\ntR",
  );
  assertEquals(tensors(pickledDict({ a: typed })), { a: [3, 4] });
});

Deno.test("readCheckpoint() reads deflated zips and zips without a folder", () => {
  const pickle = handPickle(pickledDict({ a: vector }), ".");
  for (const folder of ["archive/", "a/b/", ""]) {
    for (const level of [0, 6] as const) {
      const file = torchZip(pickle, {
        storages: { "0": values },
        folder,
        level,
      });
      assertEquals([...toFloat32(readCheckpoint(file).get("a")!)], [
        1,
        2,
        3,
        4,
      ]);
    }
  }
});

Deno.test("readCheckpoint() reads legacy files, parts of storages included", () => {
  const part = (offset: number, length: number) =>
    handPickle(
      "(",
      pickledText("1"),
      pickledInt(offset),
      pickledInt(length),
      "t",
    );
  const pickle = handPickle(
    [0x80, 2],
    pickledDict({
      a: vector,
      b: pickledTensor({ shape: [2], strides: [1], part: part(1, 3) }),
      c: pickledTensor({ shape: [1], strides: [1], part: "N" }),
    }),
    ".",
  );
  const file = torchLegacy(pickle, { "0": { length: 4, bytes: values } });
  const read = [...readCheckpoint(file)].map((
    [key, value],
  ) => [key, [...toFloat32(value)]]);
  assertEquals(read, [["a", [1, 2, 3, 4]], ["b", [2, 3]], ["c", [1]]]);
});

Deno.test("readCheckpoint() refuses views outside of their storage, at once", () => {
  const giant = 2 ** 31 - 1;
  const cases: [Parameters<typeof pickledTensor>[0], string][] = [
    [{ shape: [5], strides: [1] }, "must lie within its storage of 4 elements"],
    [{ shape: [2], strides: [4] }, "must lie within its storage"],
    [{ shape: [1], strides: [1], offset: 4 }, "must lie within its storage"],
    [
      { shape: [giant, giant], strides: [giant, 1] },
      "must lie within its storage",
    ],
    [{ shape: [giant, giant], strides: [0, 0] }, "must not repeat its storage"],
    [
      { shape: Array(64).fill(giant), strides: Array(64).fill(0) },
      "must not repeat its storage",
    ],
    [{ shape: [2], strides: [-1], offset: 3 }, "none negative"],
    [{ shape: [-1], strides: [1] }, "none negative"],
    [{ shape: [1], strides: [1], offset: -1 }, "none negative"],
    [{ shape: [2, 2], strides: [1] }, "each with a stride"],
    [
      { shape: Array(100).fill(1), strides: Array(100).fill(1) },
      "at most 64 sizes",
    ],
    [
      { shape: [1], strides: [1], length: 5 },
      'storage "0" must hold 5 elements',
    ],
    [{ shape: [1], strides: [1], length: giant }, "received 16 bytes"],
    [{ shape: [1], strides: [1], key: "../0" }, 'storage "../0" is missing'],
  ];
  for (const [options, message] of cases) {
    const file = zip(pickledDict({ "conv.weight": pickledTensor(options) }));
    const error = assertThrows(() => readCheckpoint(file), Error, message);
    assert(!error.message.includes("\n"));
  }
});

Deno.test("readCheckpoint() refuses many repeating views that only together are too large", () => {
  const views = Array.from(
    { length: 40 },
    (_, i) =>
      [
        `t${i}`,
        pickledTensor({ shape: [2 ** 20, 1], strides: [0, 1] }),
      ] as const,
  );
  const file = zip(pickledDict(Object.fromEntries(views)));
  assertThrows(
    () => readCheckpoint(file),
    RangeError,
    "must not repeat its storage",
  );
});

Deno.test("readCheckpoint() refuses files by name and reason", () => {
  const text = new TextEncoder().encode("hello, world\n");
  const bigEndian = { "archive/byteorder": new TextEncoder().encode("big") };
  const legacy = torchLegacy(handPickle(pickledDict({ a: vector }), "."), {
    "0": { length: 4, bytes: values },
  });
  const cases: [Uint8Array, string][] = [
    [
      new Uint8Array(),
      "not a safetensors or PyTorch file, but an empty file",
    ],
    [text, 'but text ("hello, world\\n"…)'],
    [new Uint8Array([0x89, 0x50, 0x4e, 0x47]), "but a PNG image"],
    [new Uint8Array([1, 2, 3]), "but 3 bytes beginning 01 02 03"],
    [handPickle([0x80, 2], "]."), "must begin with PyTorch's magic number"],
    [
      handPickle("cposix\nsystem\np0\n(S'ls'\ntR."),
      'received global "posix.system"',
    ],
    [legacy.subarray(0, -1), "ends early"],
    [
      torchLegacy(handPickle(pickledDict({ a: vector }), "."), {
        "0": { length: 3, bytes: values },
      }),
      'storage "0" must hold 4 elements, received 3',
    ],
    [
      torchLegacy(handPickle(pickledDict({ a: vector }), "."), {}),
      'storage "0" is missing',
    ],
    [
      torchLegacy(handPickle(pickledDict({}), "."), {
        x: { length: 4, bytes: values },
      }),
      'storage "x" belongs to no tensor',
    ],
    [
      zip(pickledDict({ a: vector }), bigEndian),
      'byte order must be little, received "big"',
    ],
    [
      torchZip(handPickle("}."), { files: {} }),
      "received a dictionary of 0 without tensors",
    ],
    [zip(vector), "must be a dictionary of tensors, received a tensor"],
    [
      zip(
        pickledDict({
          encoder: pickledDict({ a: vector }),
          other: pickledDict({ a: vector }),
        }),
      ),
      '2 dictionaries hold tensors ("encoder", "other")',
    ],
    [zip(handPickle("}q\x00", pickledText("me"), "h\x00s")), "without tensors"],
    [writeSafetensors(new Map()), "it holds no tensors"],
    [writeSafetensors(new Map()).subarray(0, 9), "header must fit"],
  ];
  for (const [bytes, message] of cases) {
    const error = assertThrows(
      () => readCheckpoint(bytes, { name: "my\nfile.pth" }),
      Error,
      message,
    );
    assert(error.message.includes(' "my\\nfile.pth": '), error.message);
    assert(!error.message.includes("\n"));
  }
});
