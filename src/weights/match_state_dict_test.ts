import { matchStateDict, StateDictError } from "./match_state_dict.ts";
import {
  elementCount,
  type StateDict,
  type TensorData,
} from "./tensor_data.ts";
import { assertEquals, assertThrows } from "@std/assert";

const tensor = (...shape: number[]): TensorData => ({
  shape,
  dtype: "u8",
  data: new Uint8Array(elementCount(shape)),
});
const dict = (shapes: Record<string, number[]>): StateDict =>
  new Map(
    Object.entries(shapes).map(([key, shape]) => [key, tensor(...shape)]),
  );

Deno.test("matchStateDict() picks tensors in the model's order", () => {
  const stateDict = dict({
    "module.b": [3],
    "module.bn.num_batches_tracked": [],
    "module.shuf.parametrizations.weight.original0": [2],
  });
  const matched = matchStateDict(stateDict, [
    { name: "shuf.weight_g", shape: [2] },
    { name: "b", shape: [3] },
    { name: "other.num_batches_tracked", shape: [] },
  ]);
  assertEquals([...matched.keys()], ["shuf.weight_g", "b"]);
});

Deno.test("matchStateDict() lists every difference in one error", () => {
  const error = assertThrows(
    () =>
      matchStateDict(dict({ a: [1, 2], extra: [1], c: [4] }), [
        { name: "a", shape: [2, 1] },
        { name: "b", shape: [1] },
        { name: "c", shape: [4] },
      ]),
    StateDictError,
  );
  assertEquals(error.missing, ["b"]);
  assertEquals(error.unexpected, ["extra"]);
  assertEquals(error.misshaped, [{
    key: "a",
    expected: [2, 1],
    received: [1, 2],
  }]);
  assertEquals(
    error.message,
    "Cannot match weights: keys or shapes differ from the network's: 1 missing (b); " +
      "1 unexpected (extra); 1 mis-shaped (a [1,2] instead of [2,1])",
  );
});

Deno.test("matchStateDict() cuts long lists in the message, not in the fields", () => {
  const expected = Array.from(
    { length: 25 },
    (_, i) => ({ name: `k${i}`, shape: [1] }),
  );
  const error = assertThrows(
    () => matchStateDict(new Map(), expected),
    StateDictError,
  );
  assertEquals(error.missing.length, 25);
  assertEquals(error.message.match(/k\d+/g)?.length, 3);
  assertEquals(error.message.includes("and 22 more"), true);
});

Deno.test("matchStateDict() lets unused keys be ignored and optional ones be missing", () => {
  const stateDict = dict({ a: [1], "aspp.conv1.weight": [1] });
  const expected = [{ name: "a", shape: [1] }, { name: "b", shape: [1] }];
  const matched = matchStateDict(stateDict, expected, {
    ignore: (key) => key === "aspp.conv1.weight",
    optional: (key) => key === "b",
  });
  assertEquals([...matched.keys()], ["a"]);
  assertThrows(
    () =>
      matchStateDict(dict({ a: [1], b: [2] }), expected, {
        optional: (key) => key === "b",
      }),
    StateDictError,
    "1 mis-shaped",
  );
});
