const root = new URL("../../", import.meta.url);
const path = (file: string) => decodeURIComponent(new URL(file, root).pathname);

/** How a command ended. */
export interface Ended {
  readonly code: number;
  /** The signal that ended it, unless it ended by itself. */
  readonly signal: string | null;
  readonly out: string;
  readonly error: string;
}

/** A command line in a process of its own. */
export interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: Deno.Signal): void;
}

/** Starts a command line of Tilewise in a folder. */
export function start(args: readonly string[], cwd: string): Running {
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--config", path("deno.json")],
      ...["--allow-read", "--allow-write", path("src/cli/main.ts"), ...args],
    ],
    ...{ cwd, stdin: "null", stdout: "piped", stderr: "piped" },
    env: { NO_COLOR: "1" },
  }).spawn();
  const text = new TextDecoder();
  let isOver = false;
  const ended = child.output().then(({ code, signal, stdout, stderr }) => {
    isOver = true;
    return {
      code,
      signal,
      out: text.decode(stdout),
      error: text.decode(stderr),
    };
  });
  return {
    ended,
    kill(signal) {
      if (!isOver) child.kill(signal);
    },
  };
}

/** The names in a folder; none if it does not exist. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** Removes a folder, if there is one. */
export async function clear(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
}

/** Names of files that only a run at work has. */
export function tracesIn(folder: string): string[] {
  return namesIn(folder).filter((name) => /\.(part|lock|journal)$/.test(name));
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
