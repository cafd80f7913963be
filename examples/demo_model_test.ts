import { assert, assertEquals } from "@std/assert";
import { recognizeArchitecture } from "../src/models/recognize_unext.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";

Deno.test("demo_model.safetensors is the tiny UNeXt that demo_model.md describes", async () => {
  const bytes = await Deno.readFile(
    new URL("./demo_model.safetensors", import.meta.url),
  );
  assert(bytes.length < 2 * 2 ** 20, `${bytes.length} bytes`);
  const { name, options } = recognizeArchitecture(readSafetensors(bytes));
  assertEquals(name, "unext");
  assertEquals(options, {
    stem: 16,
    blocks: [1, 1, 1, 1],
    widths: [16, 32, 64, 128],
    groups: 4,
    channels: [32, 64, 128, 256],
    aspp: { mid: 32, out: 64, groups: 4, dilations: [1, 2, 3, 4] },
    decoder: [32, 32, 16, 16],
    fpn: { mid: 16, out: 8 },
  });
});
