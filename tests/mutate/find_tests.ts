import { dirname } from "./working_copy.ts";

/** Which test files reach a module, nearest first. */
export class TestFinder {
  readonly #importers = new Map<string, string[]>();
  readonly #shaderUsers = new Map<string, string[]>();

  /**
   * Reads the module graph of all tests.
   *
   * @param root The project's folder.
   * @param files Paths of all its files.
   */
  static async read(
    root: string,
    files: readonly string[],
  ): Promise<TestFinder> {
    const tests = files.filter((path) => path.endsWith("_test.ts"));
    const entry = `${root}/mutate_entry.ts`;
    await Deno.writeTextFile(
      entry,
      tests.map((path) => `import "./${path}";\n`).join(""),
    );
    const { stdout } = await new Deno.Command("deno", {
      args: ["info", "--json", "mutate_entry.ts"],
      cwd: root,
      stderr: "inherit",
    }).output();
    await Deno.remove(entry);
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    const imports = new Map<string, string[]>();
    const base = `file://${await Deno.realPath(root)}/`;
    for (const { specifier, dependencies = [] } of modules as Module[]) {
      if (!specifier.startsWith(base)) continue;
      const targets = dependencies.flatMap(({ code, type }) =>
        (code ?? type)?.specifier ?? []
      ).filter((target) => target.startsWith(base));
      imports.set(
        specifier.slice(base.length),
        targets.map((target) => target.slice(base.length)),
      );
    }
    imports.delete("mutate_entry.ts");
    return new TestFinder(
      imports,
      new Map(
        await Promise.all(
          files.filter((path) => /\.wgsl$|^src\/kernels\/.*\.ts$/.test(path))
            .map(async (path) =>
              [path, await Deno.readTextFile(`${root}/${path}`)] as const
            ),
        ),
      ),
    );
  }

  /**
   * Takes what files import, and the sources of shaders and kernels.
   */
  constructor(
    imports: ReadonlyMap<string, readonly string[]>,
    kernels: ReadonlyMap<string, string>,
  ) {
    for (const [from, targets] of imports) {
      for (const to of targets) push(this.#importers, to, from);
    }
    for (const [path, source] of kernels) {
      if (path.endsWith(".wgsl")) {
        for (const [, from] of source.matchAll(/^import package::(.*);/gm)) {
          const parts = from.replace(/::(\w+|\{[^}]*\})$/, "").split("::");
          push(this.#shaderUsers, `shaders/${parts.join("/")}.wgsl`, path);
        }
      } else {
        for (const [, name] of source.matchAll(/\bshaders\.(\w+)/g)) {
          push(this.#shaderUsers, name, path);
        }
      }
    }
  }

  /**
   * Test files that import a module, directly or not: the one beside it, then those of its folder of `src/`, then others, each
   * of these from near to far. Those of a shader are those of the kernels made of it.
   */
  testsOf(file: string): string[][] {
    const targets = this.#modulesOf(file);
    const folders = new Set(targets.map(folderOf));
    const beside = targets.map((path) => path.replace(/\.ts$/, "_test.ts"));
    const stages: string[][] = [[], [], []];
    for (const path of this.#reach(targets)) {
      if (!path.endsWith("_test.ts")) continue;
      const stage = beside.includes(path)
        ? 0
        : folders.has(folderOf(path))
        ? 1
        : 2;
      stages[stage].push(path);
    }
    return stages;
  }

  #modulesOf(file: string): string[] {
    if (!file.endsWith(".wgsl")) return [file];
    const shaders = walk([file], (path) => this.#shaderUsers.get(path) ?? []);
    const kernels = shaders.flatMap((path) => {
      const name = path.split("/").at(-1)!.replace(".wgsl", "")
        .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      return this.#shaderUsers.get(name) ?? [];
    });
    return [...new Set(kernels)];
  }

  #reach(targets: readonly string[]): string[] {
    return walk(targets, (path) => this.#importers.get(path) ?? []);
  }
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/** What can be reached, breadth first. */
function walk(
  start: readonly string[],
  next: (path: string) => readonly string[],
): string[] {
  const reached = new Set(start);
  for (const path of reached) {
    for (const each of next(path)) reached.add(each);
  }
  return [...reached];
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** The folder of `src/` that a file belongs to. */
function folderOf(path: string): string {
  const [top, folder] = path.split("/");
  return top === "src" ? `${top}/${folder}` : dirname(path);
}
