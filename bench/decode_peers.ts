import { fromArrayBuffer } from "geotiff";
import { reasonOf } from "../src/errors/cannot.ts";

/** Another program or library that reads a slide. */
export interface DecodePeer extends AsyncDisposable {
  /** Its name, and its threads. */
  readonly name: string;
  /** Whether it uses one thread alone. */
  readonly isSingle: boolean;
  /** Mean red, green and blue of the upper left 512 px. */
  readonly corner: readonly number[];
  /** Reads level 0 once, tile by tile. Returns the milliseconds. */
  read(): Promise<number>;
}

/** What to read. */
export interface PeerTask {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Side of the tiles in pixels. */
  readonly tile: number;
}

/** The pixels whose mean color is compared. */
export const CORNER = 512;

/** geotiff with its own decoders, from memory. */
export async function startGeotiff(
  { path, width, height, tile }: PeerTask,
): Promise<DecodePeer> {
  const { buffer } = await Deno.readFile(path);
  const open = async () => await (await fromArrayBuffer(buffer)).getImage();
  const read = async (image: Awaited<ReturnType<typeof open>>, side: number) =>
    await image.readRGB({
      window: [0, 0, Math.min(side, width), Math.min(side, height)],
      interleave: true,
    }) as ArrayLike<number>;
  return {
    name: "geotiff",
    isSingle: false,
    corner: meanColor(await read(await open(), CORNER)),
    async read() {
      const start = performance.now();
      const image = await open();
      for (let y = 0; y < height; y += tile) {
        for (let x = 0; x < width; x += tile) {
          const [right, bottom] = [x + tile, y + tile];
          const window = [x, y, Math.min(right, width)];
          await image.readRGB({
            window: [...window, Math.min(bottom, height)],
            interleave: true,
          });
        }
      }
      return performance.now() - start;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Pythons to try: Debian's packages belong to the second. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** Readers that Python runs, with a number of threads. */
const IN_PYTHON = [
  { module: "openslide", name: "OpenSlide", isSingle: true },
  { module: "rasterio", name: "rasterio", isSingle: false },
] as const;

/** Starts those of OpenSlide and rasterio that are installed here; notes why others are left out. */
export async function startPythonPeers(
  task: PeerTask,
  { note }: { readonly note: (text: string) => void },
): Promise<DecodePeer[]> {
  const peers: DecodePeer[] = [];
  for (const reader of IN_PYTHON) {
    try {
      const python = await findPython(reader.module);
      peers.push(await startPython(python, { ...task, ...reader }));
    } catch (error) {
      const file = task.path.split("/").at(-1);
      note(`${reader.name} is left out for ${file}: ${reasonOf(error)}`);
    }
  }
  return peers;
}

/** The first Python that has a module. */
async function findPython(module: string): Promise<string> {
  for (const python of PYTHONS) {
    const args = ["-c", `import numpy, ${module}`];
    const command = new Deno.Command(python, { args, stderr: "null" });
    try {
      if ((await command.output()).success) return python;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`no Python here has ${module}`);
}

async function startPython(
  python: string,
  { module, name, isSingle, path, tile, width, height }:
    & PeerTask
    & (typeof IN_PYTHON)[number],
): Promise<DecodePeer> {
  const threads = isSingle ? 1 : navigator.hardwareConcurrency;
  const script = new URL("decode_peers.py", import.meta.url).pathname;
  const numbers = [tile, width, height, threads].map(String);
  const child = new Deno.Command(python, {
    args: [script, module, path, ...numbers],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  const readLine = async (): Promise<string> => {
    for (let line = "";;) {
      const { done, value } = await lines.read();
      if (done) {
        const last = (await errors).trim().split("\n").at(-1);
        throw new Error(last || "it ended");
      }
      line += value;
      if (line.endsWith("\n")) return line;
    }
  };
  const stdin = child.stdin.getWriter();
  const end = async () => {
    await stdin.close().catch(() => {});
    await child.status;
    await errors;
    await lines.cancel();
  };
  try {
    const corner: number[] = JSON.parse(await readLine());
    return {
      name: `${name}, ${isSingle ? "one thread" : `${threads} threads`}`,
      isSingle,
      corner,
      async read() {
        await stdin.write(new TextEncoder().encode("\n"));
        return Number(await readLine());
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Mean red, green and blue of interleaved pixels. */
export function meanColor(pixels: ArrayLike<number>): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) sums[i % 3] += pixels[i];
  return sums.map((sum) => sum * 3 / pixels.length);
}
