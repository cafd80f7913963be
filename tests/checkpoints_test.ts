import { loadCheckpoint } from "../src/weights/load_checkpoint.ts";
import { readCheckpoint } from "../src/weights/read_checkpoint.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { uniform } from "./helpers/synthetic_weights.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { unzipSync, zipSync } from "fflate";

const golden = new URL("golden/checkpoints/", import.meta.url);
const shared = new URL("../../shared/data/checkpoints/", import.meta.url);

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

const namesIn = (url: URL) =>
  [...Deno.readDirSync(url)].map(({ name }) => name).sort();

for (
  const name of [
    "state_dict_zip.pth",
    "nested_zip.pth",
    "state_dict_legacy.pth",
  ]
) {
  Deno.test(`loadCheckpoint() reads the golden ${name}`, async () => {
    const expected = await loadCheckpoint(
      new URL("expected.safetensors", golden),
    );
    const tensors = await loadCheckpoint(new URL(name, golden));
    assertEquals([...tensors.keys()], [...expected.keys()]);
    for (const [key, tensor] of tensors) {
      const want = expected.get(key)!;
      // safetensors' writer made vectors of the scalars.
      const shape = tensor.shape.length === 0 ? [1] : tensor.shape;
      assertEquals(shape, want.shape, key);
      assertEquals(toFloat32(tensor), toFloat32(want), key);
    }
  });
}

Deno.test("loadCheckpoint() reads the golden data_parallel_zip.pth", async () => {
  const tensors = await loadCheckpoint(
    new URL("data_parallel_zip.pth", golden),
  );
  assertEquals([...tensors].map(([key, { shape }]) => `${key} [${shape}]`), [
    "0.weight [4,3,3,3]",
    "0.bias [4]",
    "1.weight [4]",
    "1.bias [4]",
    "1.running_mean [4]",
    "1.running_var [4]",
    "1.num_batches_tracked []",
  ]);
});

Deno.test("loadCheckpoint() refuses the bad goldens, and says why", async () => {
  const cases = [
    ["malicious_zip.pth", 'received global "__builtin__.eval"'],
    ["truncated_zip.pth", "the file may be incomplete"],
    ["not_a_checkpoint.pth", "but text"],
  ];
  for (const [name, message] of cases) {
    const error = await assertRejects(
      () => loadCheckpoint(new URL(name, golden)),
      Error,
      message,
    );
    assert(error.message.includes(` "${name}": `), error.message);
  }
});

Deno.test({
  name: "loadCheckpoint() reads the public checkpoints (needs ../shared/data)",
  ignore: !exists(shared),
  async fn() {
    const folder = new URL("read/", shared);
    for (const name of namesIn(folder)) {
      const url = new URL(name, folder);
      if (name === "broken.pt") {
        // Three letters of text, among files that do read.
        await assertRejects(
          () => loadCheckpoint(url),
          TypeError,
          'but text ("abc"…)',
        );
        continue;
      }
      const tensors = await loadCheckpoint(url);
      assert(tensors.size > 0, name);
      for (const tensor of tensors.values()) toFloat32(tensor);
    }
    const first = async (name: string) => {
      const [tensor] = (await loadCheckpoint(new URL(name, folder))).values();
      return [...toFloat32(tensor)];
    };
    assertEquals(await first("float16.pt"), [1.5, -2.25, 3.125]);
    assertEquals(await first("bool.pt"), [1, 0, 1, 1, 0]);
    assertEquals(await first("int8.pt"), [127, -128, 0, 50]);
    assertEquals(await first("tensor_2d.pt"), [1, 2, 3, 4, 5, 6]);
    assertEquals(await first("scalar.pt"), [42]);
    assertEquals(await first("empty.pt"), []);
  },
});

Deno.test({
  name:
    "loadCheckpoint() refuses hostile and foreign files by name (needs ../shared/data)",
  ignore: !exists(shared),
  async fn() {
    const folder = new URL("refuse/", shared);
    const reasons: Record<string, string> = {
      "bad_pytorch.pt": "but a PNG image",
      "benign0_v0.pkl": "but text",
      "int_array.npy": "but a NumPy array",
      "int_arrays_compressed.npz": 'holds no data.pkl, but "a.npy"',
      "malicious1.7z": "but a 7-Zip archive",
      "new_pytorch_model.bin":
        "must be a dictionary of tensors, received a tensor",
    };
    for (const name of namesIn(folder)) {
      const start = performance.now();
      const url = new URL(name, folder);
      if (name === "pytorch_model.bin") {
        // A sound checkpoint of tensors only.
        assertEquals((await loadCheckpoint(url)).size, 38);
      } else {
        const reason = reasons[name] ??
          "only tensors and containers are allowed, received global ";
        await assertRejects(() => loadCheckpoint(url), Error, reason);
      }
      assert(performance.now() - start < 5000, `${name} took too long`);
    }
  },
});

Deno.test("readCheckpoint() answers damaged files with one line, never a hang", () => {
  const random = uniform("damage", 10_000);
  let next = 0;
  const below = (limit: number) =>
    Math.floor(random[next++ % random.length] * limit);
  const damage = (bytes: Uint8Array) => {
    const damaged = bytes.slice();
    const flips = 1 + below(3);
    for (let flip = 0; flip < flips; flip++) {
      damaged[below(damaged.length)] ^= 1 << below(8);
    }
    return damaged;
  };
  const check = (bytes: Uint8Array) => {
    try {
      for (const tensor of readCheckpoint(bytes).values()) toFloat32(tensor);
    } catch (error) {
      assert(error instanceof Error);
      assertMatch(error.message, /^Cannot .{1,2000}$/);
      return 1;
    }
    return 0;
  };
  let refused = 0;
  const start = performance.now();
  for (const name of namesIn(golden)) {
    const file = Deno.readFileSync(new URL(name, golden));
    for (let round = 0; round < 200; round++) refused += check(damage(file));
    for (let round = 0; round < 50; round++) {
      refused += check(file.slice(0, below(file.length)));
    }
    if (file[0] !== 0x50 || name.startsWith("truncated")) continue;
    // Zipped anew, so that the damage gets past the checksums.
    const entries = unzipSync(file);
    const pickle = `${name.replace(".pth", "")}/data.pkl`;
    for (let round = 0; round < 200; round++) {
      const damaged = { ...entries, [pickle]: damage(entries[pickle]) };
      refused += check(zipSync(damaged, { level: 0 }));
    }
  }
  assert(refused > 400, `${refused}`);
  assert(performance.now() - start < 20_000);
});

Deno.test("readCheckpoint() notices a single damaged byte of a weight in a zip", () => {
  const file = Deno.readFileSync(new URL("state_dict_zip.pth", golden));
  const { data } = readCheckpoint(file).get("conv.weight")!;
  data[5] ^= 1;
  assertThrows(
    () => readCheckpoint(file),
    SyntaxError,
    "does not match its CRC-32",
  );
});
