import { assertEquals, assertThrows } from "@std/assert";
import { findTensors, findWeights } from "./find_tensors.ts";
import { TorchTensor } from "./torch_tensor.ts";

Deno.test("findWeights() names a file, by path or by file: URL", () => {
  for (const path of ["a.pth", "some/where/a.pth", "C:\\models\\a.pth"]) {
    assertEquals(findWeights(path), { path, name: "a.pth" });
  }
  assertEquals(findWeights("folder/").name, "folder/");
  for (const url of ["file:///b/100%25/a%20b.pth", "FILE:///a%20b.pth"]) {
    assertEquals(findWeights(url), { path: new URL(url), name: "a b.pth" });
  }
  const odd = new URL("file:///50%.pth"); // a lone % stands for itself
  assertEquals(findWeights(odd), { path: odd, name: "50%.pth" });
});

Deno.test("findWeights() refuses other URLs, and shows none of their keys", () => {
  const url = "https://example.org/a.pth?key=secret#part";
  for (const source of [url, new URL(url)]) {
    const { message } = assertThrows(() => findWeights(source), TypeError);
    assertEquals(message.includes("https://example.org/a.pth"), true);
    assertEquals(/secret|part/.test(message), false);
  }
  assertThrows(() => findWeights("https://["), TypeError, "not a valid URL");
});

Deno.test("findTensors() looks into dictionaries, four deep, under names that are known or not", () => {
  const tensors = new Map([["w", Object.create(TorchTensor.prototype)]]);
  for (const name of ["module", "other"]) {
    let nested: unknown = tensors;
    for (let depth = 0; depth <= 4; depth++) {
      assertEquals([...findTensors(nested, "x").keys()], ["w"], `${depth}`);
      nested = new Map([[name, nested]]);
    }
    assertThrows(
      () => findTensors(nested, "x"),
      TypeError,
      "must be a dictionary of tensors",
    );
  }
});
