// Slides on a server that answers what it likes: a double of fetch() takes each input as a list of misdeeds.
import { openSlide } from "../../../src/slide/open_slide.ts";
import { makeTiff } from "../../helpers/make_tiff.ts";
import { damageBytes } from "../mutate/bytes.ts";
import type { Bytes, Reader } from "../reader.ts";
import { page } from "./slides.ts";

const URL = "https://slides.invalid/a.svs";
const STATUS = [200, 204, 206, 301, 400, 403, 404, 408, 416, 429, 500, 503];

let slide: { readonly file: Bytes; readonly pixels: Uint8Array } | undefined;

/** Strips of 2 KiB and more, far from their directory, so that there are many requests. */
async function makeSlide(): Promise<NonNullable<typeof slide>> {
  const made = page(100, 300, { tile: undefined, rowsPerStrip: 50 });
  return { file: await makeTiff([made]), pixels: made.pixels };
}

/** Answers requests one after another by two bytes of a script each; past its end, honestly. */
function answerBy(script: Bytes, file: Bytes): typeof fetch {
  let next = 0;
  return (_, init) => {
    init?.signal?.throwIfAborted();
    const headers = new Headers(init?.headers);
    const [, from, to] = headers.get("Range")?.match(/^bytes=(\d+)-(\d+)$/) ??
      [];
    const start = Number(from ?? 0);
    const end = Math.min(Number(to ?? file.length) + 1, file.length);
    const [deed = 0, detail = 0] = script.subarray(next, next += 2);
    return misdo({ deed, detail, start, end, file, signal: init?.signal });
  };
}

interface Request {
  readonly deed: number;
  readonly detail: number;
  readonly start: number;
  readonly end: number;
  readonly file: Bytes;
  readonly signal?: AbortSignal | null;
}

function misdo(
  { deed, detail, start, end, file, signal }: Request,
): Promise<Response> {
  let body: BodyInit | null = file.slice(start, end);
  let status = 206;
  const headers: Record<string, string> = {
    ETag: '"one"',
    "Content-Range": `bytes ${start}-${end - 1}/${file.length}`,
  };
  switch (deed % 16) {
    case 1: // short
      body = file.slice(start, Math.max(start, end - 1 - detail));
      break;
    case 2: // long
      body = file.slice(start, end + 1 + detail);
      break;
    case 3: // another range
      headers["Content-Range"] = `bytes ${
        start + detail + 1
      }-${end}/${file.length}`;
      break;
    case 4: // another size
      headers["Content-Range"] = `bytes ${start}-${end - 1}/${
        [0, 1, file.length - 1, 2 ** 53, "*", "a", -1, "9".repeat(400)][
          detail % 8
        ]
      }`;
      break;
    case 5: // changed meanwhile
      headers.ETag = `"${detail}"`;
      break;
    case 6:
      delete headers[detail % 2 ? "ETag" : "Content-Range"];
      break;
    case 7:
      headers["Content-Range"] = ["", "bytes", "bytes */0", " ".repeat(9999)][
        detail % 4
      ];
      break;
    case 8:
      status = STATUS[detail % STATUS.length];
      if (status === 204) body = null;
      break;
    case 9: // drops
      return Promise.reject(new TypeError("error sending request"));
    case 10:
      body = breaking(file.slice(start, start + detail), "drop");
      break;
    case 11:
      body = breaking(file.slice(start, start + detail), "stall", signal);
      break;
    case 12: // never answers
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason))
      );
    case 13:
      status = 503;
      headers["Retry-After"] =
        ["1", "0", "999999999", "never", "-1", new Date().toUTCString()][
          detail % 6
        ];
      break;
    case 14:
      body = null;
      break;
    case 15: // an empty piece, then the rest
      body = new Blob(["", file.slice(start, end)]).stream();
  }
  return Promise.resolve(new Response(body, { status, headers }));
}

/** A body that ends in an error, or not at all. */
function breaking(
  bytes: Bytes,
  how: "drop" | "stall",
  signal?: AbortSignal | null,
): ReadableStream {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      if (how === "drop") controller.error(new TypeError("connection reset"));
      signal?.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
}

/** Whether the server said that its file is another one, which then need not be the same. */
const isHonest = (script: Bytes) =>
  script.every((deed, i) => i % 2 === 1 || deed % 16 !== 4);

export const HTTP_READER: Reader = {
  name: "http",
  corpus: () =>
    Array.from({ length: 256 }, (_, i) => {
      const script = new Uint8Array(12);
      script[i % 6 * 2] = i >> 4;
      script[i % 6 * 2 + 1] = i * 37;
      return script;
    }),
  mutate: [damageBytes],
  async read(script) {
    slide ??= await makeSlide();
    const { fetch, setTimeout } = globalThis;
    globalThis.fetch = answerBy(script, slide.file);
    // Waits are a hundredth of what they are.
    globalThis.setTimeout =
      ((run: () => void, ms = 0) =>
        setTimeout(run, ms / 100)) as typeof setTimeout;
    try {
      await using opened = await openSlide(URL, {
        threads: 0,
        remote: { timeout: 500, attempts: 3 },
      });
      const { width, height } = opened;
      const pixels = await opened.readRegion({ x: 0, y: 0, width, height });
      const isSame = pixels.every((value, i) => value === slide!.pixels[i]);
      if (!isSame && isHonest(script)) throw "other pixels than the file's";
    } finally {
      Object.assign(globalThis, { fetch, setTimeout });
    }
  },
};
