import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { winogradWeight } from "../kernels/conv/winograd.ts";
import type { ComputedConstant, Constant } from "./op.ts";
import { ParameterStore } from "./parameter_store.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const weight = constant("weight", 16 * 9);
const transformed: ComputedConstant = {
  key: "transformed",
  source: weight,
  binding: "weight",
  program: winogradWeight.program({ inputChannels: 4, outputChannels: 4 }),
  bytes: 16 * 36 * 4,
};

Deno.test("ParameterStore packs each constant once, and none after release()", () => {
  let packed = 0;
  using store = new ParameterStore(gpu, (name) => {
    packed++;
    return valuesOf(name);
  }, { label: "test" });
  store.add([constant("a"), constant("bcd"), constant("a")]);
  store.add([constant("a")]);
  assertEquals(packed, 2);
  store.release();
  store.add([constant("a")]);
  assertThrows(
    () => store.add([constant("new")]),
    TypeError,
    'Cannot pack parameter "new": its values were released',
  );
});

Deno.test("ParameterStore.upload() moves only new constants to buffers of its own", async () => {
  const before = gpu.bytes;
  const store = make("");
  store.add([constant("a"), constant("bcd")]);
  assertThrows(
    () => store.get(constant("a")),
    TypeError,
    'Cannot bind constant "a": it is not on the GPU',
  );
  await store.upload();
  const a = store.get(constant("a"));
  const b = store.get(constant("bcd"));
  assertEquals(b.offset % 256, 0); // WebGPU's alignment of bindings
  assertEquals([a.size, b.size], [8, 8]);
  assert(b.buffer !== a.buffer || b.offset >= a.offset + a.size);
  store.add([constant("c")]);
  await store.upload();
  assertEquals(store.get(constant("a")), a);
  assertEquals(await read(store, constant("c")), Float32Array.of(1, 2));
  assertEquals(await read(store, constant("bcd")), Float32Array.of(3, 6));
  assertEquals(gpu.bytes - before, store.bytes);
  store[Symbol.dispose]();
  assertEquals([store.bytes, gpu.bytes], [0, before]);
});

Deno.test("ParameterStore.download() and share() keep every byte, computed ones too", async () => {
  const before = gpu.bytes;
  using own = make("own"), other = make("other"), shared = make("own");
  for (const store of [own, other, shared]) {
    store.add([weight, transformed]);
    store.release();
  }
  await own.upload();
  const expected = [await read(own, weight), await read(own, transformed)];
  assert(expected[1].some((value) => value !== 0));
  await shared.upload();
  await shared.download();
  assertEquals(gpu.bytes - before, own.bytes);

  const buffers = shared.sizes.map((size) =>
    gpu.buffer("shared", size, 0x80 | 0x40 | 0x8 | 0x4)
  );
  await shared.share(buffers);
  await other.share(buffers);
  for (const store of [other, shared]) store.write();
  assertEquals([
    await read(shared, weight),
    await read(shared, transformed),
  ], expected);
  other.write();
  const others = await read(shared, transformed);
  assert(others.some((value, i) => value !== expected[1][i]));

  await shared.upload(); // back to buffers of its own
  assertEquals([
    await read(shared, weight),
    await read(shared, transformed),
  ], expected);
  buffers.forEach((buffer) => gpu.free(buffer));
});

function make(seed: string): ParameterStore {
  const values = (name: string) => valuesOf(seed + name);
  return new ParameterStore(gpu, values, { label: "test" });
}

function constant(key: string, length = 2): Constant {
  return {
    key,
    parameters: [{ name: key, shape: [length] }],
    pack: (values) =>
      Float32Array.from({ length }, (_, i) => values[i % 2] * (1 + i)).buffer,
  };
}

function valuesOf(name: string): Float32Array {
  return Float32Array.of(name.length, name.length);
}

async function read(
  store: ParameterStore,
  constant: { readonly key: string },
): Promise<Float32Array> {
  return new Float32Array(await gpu.read(store.get(constant)));
}
