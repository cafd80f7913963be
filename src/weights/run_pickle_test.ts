import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  handPickle,
  type PicklePart,
  u32,
  u64,
} from "../../tests/helpers/hand_pickle.ts";
import { runPickle } from "./run_pickle.ts";

const options = { subject: "pickle" };
const run = (...parts: PicklePart[]) =>
  runPickle(handPickle(...parts), options).value;

Deno.test("runPickle() reads the values of every protocol", () => {
  const cases: [PicklePart[], unknown][] = [
    [["N."], null],
    [["I01\n."], true],
    [["I00\n."], false],
    [["I-12\n."], -12],
    [["L123L\n."], 123],
    [["L123456789012345678901234567890L\n."], 123456789012345678901234567890n],
    [["F-1.5e3\n."], -1500],
    [["Finf\n."], Infinity],
    [["J", u32(-2), "."], -2],
    [["K", 255, "."], 255],
    [["M", 1, 2, "."], 513],
    [["G", [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], "."], 1.5],
    [[0x8a, 0, "."], 0],
    [[0x8a, 1, 0xff, "."], -1],
    [[0x8a, 2, 0xff, 0, "."], 255],
    [[0x8b, u32(9), [0, 0, 0, 0, 0, 0, 0, 0, 1], "."], 2n ** 64n],
    [[0x88, "."], true],
    [[0x89, "."], false],
    [["S'a\\x41\\n'\n."], "aA\n"],
    [["Va\\u00e9\\U0001f600\n."], "aé😀"],
    [["T", u32(2), "hi."], "hi"],
    [["U", 2, "hi."], "hi"],
    [["X", u32(2), "é."], "é"],
    [[0x8c, 2, "hi."], "hi"],
    [[0x8d, u64(2), "hi."], "hi"],
    [["B", u32(1), 7, "."], new Uint8Array([7])],
    [["C", 1, 7, "."], new Uint8Array([7])],
    [[0x8e, u64(1), 7, "."], new Uint8Array([7])],
    [[0x96, u64(1), 7, "."], new Uint8Array([7])],
    [["]."], []],
    [[")."], []],
    [["}."], new Map()],
    [["(K", 1, "K", 2, "l."], [1, 2]],
    [["(K", 1, "K", 2, "t."], [1, 2]],
    [["K", 1, 0x85, "."], [1]],
    [["K", 1, "K", 2, 0x86, "."], [1, 2]],
    [["K", 1, "K", 2, "K", 3, 0x87, "."], [1, 2, 3]],
    [["(K", 1, "K", 2, "d."], new Map([[1, 2]])],
    [["]K", 1, "a(K", 2, "K", 3, "e."], [1, 2, 3]],
    [["}K", 1, "K", 2, "s(K", 3, "K", 4, "u."], new Map([[1, 2], [3, 4]])],
    [["K", 1, "K", 2, "0."], 1],
    [["K", 1, "(0."], 1],
    [["K", 1, "(K", 2, "K", 3, "1."], 1],
    [["K", 5, "2", 0x86, "."], [5, 5]],
    [["K", 5, "p7\n0g7\n."], 5],
    [["K", 5, "q", 7, "0h", 7, "."], 5],
    [["K", 5, "r", u32(700), "0j", u32(700), "."], 5],
    [[0x80, 4, 0x95, u64(3), "K", 5, 0x94, "0h", 0, "."], 5],
    [["S''\n."], ""],
    [["ccollections\nOrderedDict\n)R."], new Map()],
    [["ccollections\nOrderedDict\n)", 0x81, "."], new Map()],
    [
      ["ccollections\nOrderedDict\n(((K", 1, "K", 2, "lltR."],
      new Map([[1, 2]]),
    ],
    [["ccollections\nOrderedDict\n)R}(U", 9, "_metadata}ub."], new Map()],
    [["ctorch\nSize\n(K", 2, "K", 3, "t", 0x85, "R."], [2, 3]],
  ];
  for (const [parts, expected] of cases) {
    const shown = JSON.stringify(parts);
    assertEquals(run(...parts), expected, shown);
  }
});

Deno.test("runPickle() says where the pickle ended", () => {
  assertEquals(
    runPickle(handPickle("N.K", 1, ".."), { subject: "", position: 2 }),
    {
      value: 1,
      position: 5,
    },
  );
});

Deno.test("runPickle() refuses globals by name, however they are named", () => {
  const cases: [PicklePart[], string][] = [
    [["cposix\nsystem\n(U", 2, "lstR."], 'global "posix.system"'],
    [[0x8c, 2, "os", 0x8c, 6, "system", 0x93, "."], 'global "os.system"'],
    [["(ios\nsystem\n."], 'an instance of "os.system"'],
    [
      ["ctorch.storage\n_load_from_bytes\n."],
      'global "torch.storage._load_from_bytes"',
    ],
    [["c__builtin__\neval\n."], 'global "__builtin__.eval"'],
    [["c_codecs\nencode\n."], 'global "_codecs.encode"'],
    [["c__proto__\nx\n."], 'global "__proto__.x"'],
    [["ctorch\nComplexFloatStorage\n."], 'global "torch.ComplexFloatStorage"'],
    [["K", 1, "U", 1, "x", 0x93, "."], "a global named by 1"],
    [["ctorch\nFloatStorage\n)R."], "a call of torch.FloatStorage"],
    [["U", 1, "x)R."], 'a call of "x"'],
    [["ctorch\nFloatStorage\n}b."], "state for torch.FloatStorage"],
    [["ccollections\nOrderedDict\n)}", 0x92, "."], "pickle opcode 0x92"],
    [["(ccollections\nOrderedDict\no."], "pickle opcode 0x6f"],
    [[0x82, 1, "."], "pickle opcode 0x82"],
    [[0x8f, "."], "pickle opcode 0x8f"],
    [["ca\u001b[31m\nb\n."], 'global "a\\u001b[31m.b"'],
  ];
  for (const [parts, message] of cases) {
    const error = assertThrows(() => run(...parts), TypeError, message);
    assert(
      error.message.startsWith(
        "Cannot read pickle: only tensors and containers are allowed, received ",
      ),
    );
  }
});

Deno.test("runPickle() refuses broken pickles", () => {
  const cases: [PicklePart[], string][] = [
    [[""], "ends early"],
    [["."], "an empty stack"],
    [["K"], "ends early"],
    [["X", u32(0xffffffff), "a."], "ends early"],
    [[0x8d, u64(2 ** 52), "."], "ends early"],
    [["U", 1, 0xff, "."], "must be UTF-8"],
    [["cposix"], "the line at byte 1 must end"],
    [["(."], "an empty stack"],
    [["N(a."], "an empty stack"],
    [["t."], "a mark that was never set"],
    [["K", 1, "N", "a."], "only lists can be appended to"],
    [["](K", 1, "u."], "only dictionaries can be given items"],
    [["}(K", 1, "u."], "must come in pairs"],
    [["(K", 1, "d."], "must come in pairs"],
    [["h", 1, "."], "recalls value 1, which was never stored"],
    [["Sabc\n."], "must be quoted"],
    [["Iabc\n."], "at most 4300 digits"],
    [[`I${"9".repeat(5000)}\n.`], "at most 4300 digits"],
    [["Fabc\n."], "decimal number"],
    [[0x8b, u32(-1), "."], "integers must take at most"],
    [[0x8b, u32(2 ** 30), "."], "integers must take at most"],
    [[0x80, 9, "."], "protocol must be 0 to 5"],
    [["NQ."], "storages are not allowed here"],
    [["Pid\n."], "storages are not allowed here"],
    [
      ["ccollections\nOrderedDict\nK", 1, 0x85, "R."],
      "must be built from pairs",
    ],
    [["ccollections\nOrderedDict\n((K", 1, "ltR."], "be built from pairs"],
    [["ccollections\nOrderedDict\n(((K", 1, "lltR."], "be built from pairs"],
    [["ctorch\nSize\n)R."], "from one sequence"],
    [["ctorch\nSize\nK", 1, 0x85, "R."], "from one sequence"],
    [["ctorch\nSize\n))", 0x86, "R."], "from one sequence"],
    [
      ["ctorch._utils\n_rebuild_tensor_v2\n)R."],
      "must be built from a storage",
    ],
    [["ctorch._utils\n_rebuild_parameter\n)R."], "must be built from a tensor"],
    [
      ["ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._tensor\n_rebuild_from_type_v2\nN)NtR."],
      "by another rebuild function",
    ],
  ];
  for (const [parts, message] of cases) {
    assertThrows(
      () => run(...parts),
      SyntaxError,
      message,
      JSON.stringify(parts),
    );
  }
});

Deno.test("runPickle() bounds steps, stack and memory", () => {
  const time = performance.now();
  const deep = new Uint8Array(1_500_000).fill("(".charCodeAt(0));
  assertThrows(() => runPickle(deep, options), Error);
  const nested = new Uint8Array(1_500_000).fill("]".charCodeAt(0));
  assertThrows(
    () => runPickle(nested, options),
    RangeError,
    "1000000 values on the stack",
  );
  const endless = handPickle(..."N0".repeat(2_500_000).match(/.{1,100000}/g)!);
  assertThrows(() => runPickle(endless, options), RangeError, "4000000 steps");
  // A few bytes that would copy a long list again and again.
  const copies = handPickle(
    "(" + "N".repeat(100_000) + "lq",
    0,
    "0",
    ...Array.from(
      { length: 1000 },
      () => handPickle("ctorch\nSize\nh", 0, 0x85, "R0"),
    ),
    "N.",
  );
  assertThrows(() => runPickle(copies, options), RangeError, "4000000 steps");
  assert(performance.now() - time < 10_000);
});

Deno.test("runPickle() takes exactly as many steps and values as it says", () => {
  const repeat = (part: string, count: number) =>
    part.repeat(count).match(/.{1,100000}/gs)!;
  assertEquals(run(...repeat("]", 1_000_000), "."), []);
  assertThrows(
    () => run(...repeat("]", 1_000_001), "."),
    RangeError,
    "1000000 values on the stack",
  );
  assertEquals(run(...repeat("N0", 1_999_999), "N."), null);
  assertThrows(
    () => run(...repeat("N0", 1_999_999), "N0N."),
    RangeError,
    "4000000 steps",
  );
  const kept = (count: number) => {
    const bytes = new Uint8Array(count + 2).fill(0x94);
    [bytes[0], bytes[count + 1]] = ["N".charCodeAt(0), ".".charCodeAt(0)];
    return runPickle(bytes, options).value;
  };
  assertEquals(kept(2_000_000), null);
  assertThrows(() => kept(2_000_001), RangeError, "2000000 in the memo");
});

Deno.test("runPickle() survives containers that hold themselves", () => {
  const list = run("]q", 0, "h", 0, "a.") as unknown[];
  assert(list[0] === list);
});
