import { assertEquals } from "@std/assert";
import { userPages } from "./helpers/markdown.ts";

const root = new URL("../", import.meta.url);
const texts = await Array.fromAsync(publicTexts());

Deno.test("Examples that need files of the reader's own declare all that they use", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (const { path, text } of texts) {
      for (const [, block] of text.matchAll(/```ts ignore\n(.*?)```/gs)) {
        const file = `${folder}/${paths.length}.ts`;
        const code = block.replaceAll(/^ \* ?/gm, "");
        await Deno.writeTextFile(file, `// ${path}\n${code}\nexport {};\n`);
        paths.push(file);
      }
    }
    const { code, stderr } = await new Deno.Command("deno", {
      args: ["check", "--quiet", "--config", "deno.json", ...paths],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Public documentation has no words that only this project's makers know", () => {
  const found = texts.flatMap(({ path, text }) =>
    [...text.matchAll(
      /\bthe seed's (values|defaults)|\bgoldens?\b|\bhouse rules?\b/gi,
    )]
      .map(([words]) => `${path}: ${words}`)
  );
  assertEquals(found, []);
});

/** What users read: the README, `docs/`, and the sources with their docstrings. */
async function* publicTexts(
  folder = "src",
): AsyncGenerator<{ path: string; text: string }> {
  const read = async (path: string) => ({
    path,
    text: await Deno.readTextFile(new URL(path, root)),
  });
  if (folder === "src") {
    for (const path of [...await userPages(), "mod.ts"]) yield await read(path);
  }
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, root))
  ) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* publicTexts(path);
    else if (/(?<!_test)\.ts$/.test(name)) yield await read(path);
  }
}
