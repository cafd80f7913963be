import { applyMutant, type Mutant } from "./mutant.ts";

/** How a run of a test file ended. */
export interface Outcome {
  /** What failed: the test's name, or why there is none; `undefined` if all passed. */
  readonly failure: string | undefined;
  readonly seconds: number;
  /** Whether it was ended at the time limit. */
  readonly isLate: boolean;
}

const TEST = [
  ...["test", "--no-check", "--no-prompt", "--fail-fast", "--allow-read"],
  ...["--allow-write", "--allow-run=deno", "--allow-net=127.0.0.1"],
];

/** A copy of the project in a temporary folder, where mutants live. */
export class WorkingCopy implements AsyncDisposable {
  readonly root: string;
  /** The bundle of the last shader that was changed. */
  #bundled?: { readonly mutant: Mutant; readonly text: string };

  private constructor(root: string) {
    this.root = root;
  }

  /** Copies files of the project, given by their paths in it. */
  static async create(
    project: string,
    files: readonly string[],
  ): Promise<WorkingCopy> {
    const parent = await Deno.makeTempDir({ prefix: "mutate-" });
    const root = `${parent}/project`;
    for (const path of files) {
      await Deno.mkdir(dirname(`${root}/${path}`), { recursive: true });
      await Deno.copyFile(`${project}/${path}`, `${root}/${path}`);
    }
    return new WorkingCopy(root);
  }

  /** Puts a mutant in its place; what is returned takes it out again. */
  async plant(mutant: Mutant): Promise<AsyncDisposable & { failure?: string }> {
    const path = `${this.root}/${mutant.file}`;
    const source = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, applyMutant(source, mutant));
    if (!mutant.file.endsWith(".wgsl")) {
      return { [Symbol.asyncDispose]: () => Deno.writeTextFile(path, source) };
    }
    const bundle = `${this.root}/src/kernels/shaders.ts`;
    const shaders = await Deno.readTextFile(bundle);
    let failure: string | undefined;
    if (this.#bundled?.mutant === mutant) {
      await Deno.writeTextFile(bundle, this.#bundled.text);
    } else {
      failure = await this.#bundleShaders();
      this.#bundled = { mutant, text: await Deno.readTextFile(bundle) };
    }
    return {
      failure,
      async [Symbol.asyncDispose]() {
        await Deno.writeTextFile(path, source);
        await Deno.writeTextFile(bundle, shaders);
      },
    };
  }

  /** Runs a test file, at most so many seconds. */
  async test(path: string, limit: number): Promise<Outcome> {
    const { output, code, seconds } = await this.#deno([...TEST, path], limit);
    if (code === undefined) {
      return { failure: "the time limit", seconds, isLate: true };
    }
    // Software GPU drivers now and then crash while a process ends whose tests have all passed.
    const passed = code === 0 ||
      code >= 128 && /^ok \| \d+ passed.* \| 0 failed/m.test(output);
    return {
      failure: passed ? undefined : failedTest(output) ?? `exit code ${code}`,
      seconds,
      isLate: false,
    };
  }

  /** The types of a module and of what it imports. */
  async check(path: string): Promise<string | undefined> {
    const { code } = await this.#deno(["check", "--quiet", path], 300);
    return code === 0 ? undefined : "deno check";
  }

  async #bundleShaders(): Promise<string | undefined> {
    const { code } = await this.#deno(["task", "--quiet", "shaders"], 60);
    return code === 0 ? undefined : "deno task shaders";
  }

  async #deno(
    args: string[],
    limit: number,
  ): Promise<{ output: string; code: number | undefined; seconds: number }> {
    const start = performance.now();
    const child = new Deno.Command("deno", {
      args,
      cwd: this.root,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limit * 1000);
    const { stdout, stderr, code } = await child.output();
    clearTimeout(timer);
    const decoder = new TextDecoder();
    return {
      output: decoder.decode(stdout) + decoder.decode(stderr),
      code: isLate ? undefined : code,
      seconds: (performance.now() - start) / 1000,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(dirname(this.root), { recursive: true });
  }
}

/** The name of the first test that failed, in the words of `deno test`. */
export function failedTest(output: string): string | undefined {
  const [, name] = /^(.+?) \.\.\. (?:.*)FAILED/m.exec(output) ??
    /^(.+) => .+:\d+:\d+$/m.exec(output) ??
    /^(\S+ \(uncaught error\))/m.exec(output) ?? [];
  return name;
}

/** All files of the project but what is hidden, made, or installed. */
export async function filesOf(root: string, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    if (name.startsWith(".") || name === "out" || name === "node_modules") {
      continue;
    }
    const path = `${folder}${name}`;
    if (isDirectory) found.push(...await filesOf(root, `${path}/`));
    else found.push(path);
  }
  return found.sort();
}

/** The folder of a path. */
export function dirname(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
