/** What the page says of a JPEG block, to be held against the stream's own header. */
export interface JpegOptions {
  /** Quantisation and Huffman tables shared by a page's blocks (TIFF's JPEGTables). */
  readonly tables?: Uint8Array;
  readonly width: number;
  /** Rows wanted. */
  readonly height: number;
  /** Rows of a full block. */
  readonly maxHeight: number;
  /** 1 or 3. */
  readonly samples: number;
  /** Whether three samples are YCbCr, to be converted; without it they are RGB. */
  readonly ycbcr: boolean;
}

/** The part of libjpeg-turbo's WebAssembly build that is used. */
interface TurboDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { width: number; height: number; componentCount: number };
}

let decoder: Promise<TurboDecoder> | undefined;

/**
 * Decodes a JPEG block of a TIFF to `width * height * samples` bytes: RGB or grey.
 *
 * Source: TIFF technical note 2 (JPEG in TIFF); ITU-T T.81.
 *
 * @throws {SyntaxError} If the stream is damaged, or differs from what the page says.
 */
export async function decodeJpeg(
  data: Uint8Array,
  options: JpegOptions,
): Promise<Uint8Array> {
  const stream = joinStream(data, options);
  decoder ??= loadTurbo();
  const turbo = await decoder.catch((cause) => {
    decoder = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the JPEG decoder cannot be loaded: ${reason}`, { cause });
  });
  try {
    turbo.getEncodedBuffer(stream.length).set(stream);
    turbo.decode();
  } catch (cause) {
    decoder = undefined; // It may be left in any state.
    throw new SyntaxError("its JPEG data are damaged", { cause });
  }
  const { width, samples, height } = options;
  // The buffer belongs to the decoder, and its last strip may be taller than the picture.
  return turbo.getDecodedBuffer().slice(0, width * height * samples);
}

async function loadTurbo(): Promise<TurboDecoder> {
  // Loaded on the first JPEG only: it is 0.3 MB, and reading it takes a permission.
  const turbo = await import(
    "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"
  );
  const quiet = (): void => {};
  const module = await turbo.default({ print: quiet, printErr: quiet });
  return new module.JPEGDecoder();
}

/**
 * Joins tables and data into one stream. Application segments are left out, and an Adobe one is put in: the
 * page's photometric tag says whether samples are RGB or YCbCr, and without it libjpeg would guess.
 */
function joinStream(data: Uint8Array, options: JpegOptions): Uint8Array {
  const { tables, samples, ycbcr } = options;
  const adobe = [
    0xff,
    0xee,
    0,
    14,
    65,
    100,
    111,
    98,
    101,
    0,
    100,
    0,
    0,
    0,
    0,
    ycbcr ? 1 : 0,
  ];
  const parts = [Uint8Array.of(0xff, 0xd8, ...(samples === 3 ? adobe : []))];
  if (tables) parts.push(...segments(tables).parts);
  const { parts: own, frame } = segments(data);
  if (frame === undefined) {
    throw new SyntaxError("its JPEG data have no header");
  }
  checkFrame(frame, options);
  parts.push(...own);
  const stream = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let end = 0;
  for (const part of parts) {
    stream.set(part, end);
    end += part.length;
  }
  return stream;
}

/** The segments of a stream that matter for decoding; the last one runs on to the end of the data. */
function segments(
  data: Uint8Array,
): { parts: Uint8Array<ArrayBuffer>[]; frame?: Uint8Array } {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let frame: Uint8Array | undefined;
  if (data[0] !== 0xff || data[1] !== 0xd8) {
    throw new SyntaxError("its JPEG data are damaged");
  }
  for (let at = 2; at + 4 <= data.length;) {
    const marker = data[at + 1];
    if (data[at] !== 0xff) throw new SyntaxError("its JPEG data are damaged");
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    if (marker === 0xda) {
      parts.push(new Uint8Array(data.subarray(at)));
      break;
    }
    const end = at + 2 + (data[at + 2] << 8 | data[at + 3]);
    const isFrame = marker >= 0xc0 && marker <= 0xcf &&
      ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) frame = data.subarray(at, end);
    const isApplication = marker >= 0xe0 && marker <= 0xef;
    if (!isApplication && marker !== 0xfe) {
      parts.push(new Uint8Array(data.subarray(at, end)));
    }
    at = end;
  }
  return { parts, frame };
}

/** The stream decides what is allocated, so it is held against the page first. */
function checkFrame(
  frame: Uint8Array,
  { width, height, maxHeight, samples }: JpegOptions,
): void {
  const [, marker, , , bits, h1, h0, w1, w0, components] = frame;
  const [frameWidth, frameHeight] = [w1 << 8 | w0, h1 << 8 | h0];
  if (marker > 0xc2 || bits !== 8) {
    throw new SyntaxError(
      "its JPEG data are not 8-bit baseline or progressive",
    );
  }
  // The last strip may be written at the full strip's height, no taller.
  if (
    frameWidth !== width || frameHeight < height || frameHeight > maxHeight ||
    components !== samples
  ) {
    throw new SyntaxError(
      `its JPEG data are ${frameWidth}×${frameHeight}×${components} where the page says ${width}×${height}×${samples}`,
    );
  }
}
