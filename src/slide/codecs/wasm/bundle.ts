/**
 * Bundles the WebAssembly decoders of npm packages into modules of this folder: each with its binary inside, so that no
 * file is read or fetched at run time, whatever the permissions, and bundlers and `deno compile` take them along.
 *
 *     deno task codecs           # writes them
 *     deno task codecs --check   # fails when one is stale
 *
 * @module
 */
// Imported so that the packages are there, and resolve to files.
import "@cornerstonejs/codec-charls/decodewasmjs";
import "@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs";
import "@cornerstonejs/codec-openjpeg/decodewasmjs";
import "@jsquash/webp/codec/dec/webp_dec.js";
import "jpegxr";
import "lerc";
import "numcodecs/blosc";

interface Codec {
  /** The sinks. */
  readonly file: string;
  /** What it is, and its licenses. */
  readonly title: string;
  /** Emscripten's JavaScript. */
  readonly script: string;
  /**
   * Its binary: a file; the text in base64 that the script hands to a function, at the end of what is kept of it; or a text in
   * base64 after these words, which is taken out.
   */
  readonly binary: string | { readonly call: string } | {
    readonly after: string;
  };
  /** What is replaced in the script, once each: what would look for files, or for Node. */
  readonly patches: readonly (readonly [from: string, to: string])[];
  /** Exports `load`, which takes Emscripten's options. */
  readonly load: string;
}

const commonJs = {
  patches: [['require("fs")', "undefined"], ['require("path")', "undefined"]],
  load: "(options) => module.exports(options)",
} as const;

const codecs: readonly Codec[] = [
  {
    file: "libjpeg_turbo.js",
    title:
      "libjpeg-turbo (IJG, BSD-3-Clause, zlib), by @cornerstonejs/codec-libjpeg-turbo-8bit (ISC)",
    script: "@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs",
    binary: "@cornerstonejs/codec-libjpeg-turbo-8bit/wasm",
    patches: [
      ...commonJs.patches,
      // Its `new Uint8ClampedArray(view)` copies a byte at a time, a quarter of a block's decoding: here it gives the view.
      [
        "Emval.toHandle(emval_get_global()[name])",
        'Emval.toHandle(name=="Uint8ClampedArray"?function(view){return view}:emval_get_global()[name])',
      ],
    ],
    load: commonJs.load,
  },
  {
    file: "openjpeg.js",
    title:
      "OpenJPEG (BSD-2-Clause, copyright UCLouvain and others), by @cornerstonejs/codec-openjpeg (MIT)",
    script: "@cornerstonejs/codec-openjpeg/decodewasmjs",
    binary: "@cornerstonejs/codec-openjpeg/decodewasm",
    ...commonJs,
  },
  {
    file: "charls.js",
    title:
      "CharLS (BSD-3-Clause, copyright Team CharLS), by @cornerstonejs/codec-charls (MIT)",
    script: "@cornerstonejs/codec-charls/decodewasmjs",
    binary: "@cornerstonejs/codec-charls/decodewasm",
    ...commonJs,
  },
  {
    file: "jxrlib.js",
    title:
      "jxrlib (BSD-2-Clause, copyright Microsoft), by jpegxr (BSD-3-Clause)",
    script: "jpegxr",
    binary: { after: 'wasmBinaryFile="data:application/octet-stream;base64,' },
    patches: [
      ['nodeFS=require("fs")', "nodeFS=undefined"],
      ['nodePath=require("path")', "nodePath=undefined"],
      ['require("path").dirname(scriptDirectory)', '""'],
    ],
    load: commonJs.load,
  },
  {
    file: "libwebp.js",
    title:
      "libwebp (BSD-3-Clause, copyright Google), by @jsquash/webp (Apache-2.0)",
    script: "@jsquash/webp/codec/dec/webp_dec.js",
    binary: "@jsquash/webp/codec/dec/webp_dec.wasm",
    patches: [
      [
        'new URL("webp_dec.wasm",import.meta.url).href',
        '"webp_dec.wasm"',
      ],
      ["export default Module;", ""],
    ],
    load: "(options) => Module(options)",
  },
  {
    file: "lerc.js",
    title: "LERC (Apache-2.0, copyright Esri), by lerc",
    script: "lerc",
    binary: "lerc/lerc-wasm.wasm",
    patches: [
      [
        'globalThis.process?.versions?.node&&"renderer"!=globalThis.process?.type',
        "false",
      ],
      ['await import(/*webpackIgnore:true*/"module")', "{}"],
      ['new URL("lerc-wasm.wasm",import.meta.url).href', '"lerc-wasm.wasm"'],
      ["Module({locateFile:e})", "Module(t)"],
      ["export{decode,getBandCount,getBlobInfo,isLoaded,load};", ""],
    ],
    load:
      "async (options) => { await load(options); return { decode, getBlobInfo }; }",
  },
  {
    file: "blosc.js",
    title:
      "c-blosc (BSD-3-Clause, copyright the Blosc developers), with LZ4, Snappy, zlib and zstd, by numcodecs (MIT)",
    script: "numcodecs/blosc",
    binary: { call: "var blosc_codec_default2 = __toBinary(" },
    patches: [
      ['import {\n  __toBinary\n} from "./chunk-INHXZS53.js";', ""],
    ],
    load: "(options) => blosc_codec_default(options)",
  },
];

for (const { file, title, script, binary, patches, load } of codecs) {
  const output = new URL(file, import.meta.url);
  const text = Deno.readTextFileSync(new URL(import.meta.resolve(script)));
  const [source, bytes] = typeof binary === "string"
    ? [text, Deno.readFileSync(new URL(import.meta.resolve(binary)))]
    : "call" in binary
    ? splitAt(text, binary.call)
    : takeOut(text, binary.after);
  const patched = patches.reduce(replaceOnce, source);
  const digest = await hash([
    new TextEncoder().encode(patched + title + load),
    bytes,
  ]);
  const mark = `// Made by bundle.ts, ${digest}`;
  if (Deno.args.includes("--check")) {
    // By the sources' hash: another version of the compressor would write other bytes.
    if (Deno.readTextFileSync(output).split("\n", 1)[0] !== mark) {
      console.error(
        `src/slide/codecs/wasm/${file} is stale: run deno task codecs`,
      );
      Deno.exit(1);
    }
    continue;
  }
  Deno.writeTextFileSync(
    output,
    `${mark}
// ${title}
import { unpackWasm } from "./unpack_wasm.ts";
var process, exports = {}, module = { exports }; // the script would take Deno for Node
${patched}
const load_ = ${load};
/** Makes an instance of its own. @type {(options: object) => Promise<any>} */
const make = async (options) => await load_({ ...options, wasmBinary: await unpackWasm(wasm) });
export default make;
const wasm = "${await pack(bytes)}";
`,
  );
}

/** What is before a call, and the bytes that it is given in base64. */
function splitAt(
  text: string,
  call: string,
): [string, Uint8Array<ArrayBuffer>] {
  const [source, rest, ...others] = text.split(call);
  const base64 = rest?.match(/^"([\w+/]+=*)"\);/)?.[1];
  if (base64 === undefined || others.length > 0) {
    throw new Error(`Cannot bundle a codec: its script does not hold ${call}`);
  }
  return [source, Uint8Array.fromBase64(base64)];
}

/** A text without what is in base64 after some words, and that. */
function takeOut(
  text: string,
  after: string,
): [string, Uint8Array<ArrayBuffer>] {
  const [before, rest, ...others] = text.split(after);
  const base64 = rest?.match(/^[\w+/]+=*/)?.[0];
  if (base64 === undefined || others.length > 0) {
    throw new Error(`Cannot bundle a codec: its script does not hold ${after}`);
  }
  const source = before + after + rest.slice(base64.length);
  return [source, Uint8Array.fromBase64(base64)];
}

function replaceOnce(
  source: string,
  [from, to]: readonly [string, string],
): string {
  const parts = source.split(from);
  if (parts.length === 2) return parts.join(to);
  throw new Error(
    `Cannot bundle a codec: its script holds ${from} ${parts.length - 1} times`,
  );
}

async function hash(
  parts: readonly Uint8Array<ArrayBuffer>[],
): Promise<string> {
  const bytes = await new Blob([...parts]).bytes();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function pack(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const gzip = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(gzip).bytes()).toBase64();
}
