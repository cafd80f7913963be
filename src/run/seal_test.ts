import { assert, assertEquals } from "@std/assert";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { isIntact, seal, UNSEALED } from "./seal.ts";

const tensor = { shape: [2], dtype: "f32", data: new Uint8Array(8) } as const;

Deno.test("isIntact() notices a change of any byte of a sealed file", () => {
  const bytes = writeSafetensors(new Map([["a", tensor]]), {
    ...UNSEALED,
    // Not the digest itself, whatever it looks like.
    settings: `{"sha256":"${"1".repeat(64)}"}`,
  });
  seal(bytes);
  assert(isIntact(bytes));
  const unnoticed: string[] = [];
  for (let at = 8; at < bytes.length; at++) {
    bytes[at] ^= 1;
    if (isIntact(bytes)) {
      const text = new TextDecoder().decode(bytes.subarray(8));
      unnoticed.push(text.slice(at - 8 - 12, at));
    }
    bytes[at] ^= 1;
  }
  // Without its name, it is no seal: such a file is as those of older versions, whose metadata is checked otherwise.
  assertEquals(unnoticed.length, '"sha256":""'.length - 1, `${unnoticed}`);
});

Deno.test("isIntact() takes files that were never sealed", () => {
  assert(isIntact(writeSafetensors(new Map([["a", tensor]]), {})));
  assert(isIntact(new Uint8Array(3)));
});
