/** A fenced block of a Markdown file. */
export interface Block {
  /** What follows the fence: the language, then a file's name or a note. */
  readonly info: string;
  readonly text: string;
}

/** The repository. */
export const root = new URL("../../", import.meta.url);

/** The repository's Markdown files, from its root. */
export async function markdownFiles(): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (
      const { name, isFile, isDirectory } of Deno.readDir(new URL(folder, root))
    ) {
      const path = `${folder}${name}`;
      if (isFile && name.endsWith(".md")) paths.push(path);
      const isOther = ["node_modules", "out", ".git"].includes(name);
      if (isDirectory && !isOther) await visit(`${path}/`);
    }
  };
  await visit("./");
  return paths.map((path) => path.slice(2)).sort();
}

/** The pages for users: the README and `docs/`. */
export async function userPages(): Promise<string[]> {
  const paths = await markdownFiles();
  return paths.filter((path) =>
    path === "README.md" || path.startsWith("docs/")
  );
}

/** Reads a file of the repository. */
export function readPage(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, root));
}

/** The fenced blocks of a text. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(.+)\n([^]*?)^```$/gm)]
    .map(([, info, text]) => ({ info, text }));
}

/** The commands of the `sh` blocks that have no note why they are not run. */
export function commandBlocks(markdown: string): string[][] {
  return blocksOf(markdown).filter(({ info }) => info === "sh")
    .map(({ text }) =>
      text.replaceAll("\\\n", " ").split("\n")
        .map((line) => line.replace(/ +/g, " ").replace(/ +# .*$/, ""))
        .filter((line) => line !== "" && !line.startsWith("#"))
    );
}
