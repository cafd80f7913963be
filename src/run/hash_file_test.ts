import { assertEquals, assertRejects } from "@std/assert";
import { hashFile } from "./hash_file.ts";

Deno.test("hashFile() reads a path or a file: URL, and refuses weights on a server by name", async () => {
  const path = await Deno.makeTempFile();
  try {
    const sha256 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assertEquals(await hashFile(path), sha256);
    assertEquals(await hashFile(`file://${path}`), sha256);
  } finally {
    await Deno.remove(path);
  }
  await assertRejects(
    () => hashFile("https://example.org/fold0.pth"),
    TypeError,
    "https://example.org/fold0.pth: weights are read from files alone; download it first",
  );
});
