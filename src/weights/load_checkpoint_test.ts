import { assertEquals, assertRejects } from "@std/assert";
import { loadCheckpoint } from "./load_checkpoint.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const bias = { shape: [2], dtype: "u8", data: new Uint8Array([1, 2]) } as const;
const file = writeSafetensors(new Map([["module.bias", bias]]));

Deno.test("loadCheckpoint() loads paths, file URLs, blobs and bytes", async () => {
  const path = await Deno.makeTempFile({ suffix: " ä.safetensors" });
  try {
    await Deno.writeFile(path, file);
    const url = new URL(`file://${encodeURI(path)}`);
    for (const source of [path, url, url.href, new Blob([file]), file]) {
      assertEquals(await loadCheckpoint(source), new Map([["bias", bias]]));
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("loadCheckpoint() names the file in its errors", async () => {
  await assertRejects(
    () => loadCheckpoint("/nowhere/fold0.pth"),
    Error,
    'Cannot load checkpoint "/nowhere/fold0.pth": No such',
  );
  await assertRejects(
    () => loadCheckpoint("."),
    Error,
    'Cannot load checkpoint ".": it is a directory',
  );
  await assertRejects(
    () => loadCheckpoint(new File([file.subarray(0, 20)], "fold1.safetensors")),
    SyntaxError,
    'Cannot read safetensors file "fold1.safetensors": the header must fit',
  );
});

Deno.test("loadCheckpoint() refuses other URLs and stops on its signal", async () => {
  for (
    const url of [
      new URL("https://example.com/a.pth?key=1"),
      "https://example.com/a.pth?key=1",
    ]
  ) {
    await assertRejects(
      () => loadCheckpoint(url),
      TypeError,
      'Cannot load checkpoint "https://example.com/a.pth": weights are read from files only; download it',
    );
  }
  const reason = new Error("stop");
  await assertRejects(
    () => loadCheckpoint(file, { signal: AbortSignal.abort(reason) }),
    Error,
    "stop",
  );
});
