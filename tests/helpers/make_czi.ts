type Bytes = Uint8Array<ArrayBuffer>;

/** A sub-block of a made file; lengths are pixels that are stored. */
export interface CziBlockSpec {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly downsample?: number;
  /** M; none: it has no such dimension. */
  readonly order?: number;
  readonly scene?: number;
  /** Further dimensions: their starts and sizes. */
  readonly more?: Readonly<Record<string, readonly [number, number]>>;
  readonly compression?: number;
  readonly pixelType?: number;
  readonly data: Bytes;
  readonly part?: number;
}

/** A made file. */
export interface CziSpec {
  readonly blocks: readonly CziBlockSpec[];
  readonly xml?: string;
  readonly attachments?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly data: Bytes;
  }[];
  /** Changes the directory's data. */
  readonly directory?: (view: DataView) => void;
  /** Changes the data of the file's header. */
  readonly header?: (view: DataView) => void;
  /** Metadata of each sub-block. */
  readonly metadata?: number;
}

const ascii = (text: string): Bytes => new TextEncoder().encode(text);

/** Metadata that say the size, the scale, the objective, and how many bits are used. */
export function cziXml(
  [width, height]: readonly [number, number],
  { bits = 8 } = {},
): string {
  const distance = (axis: string, meters: number) =>
    `<Distance Id="${axis}"><Value>${meters}</Value></Distance>`;
  return `<ImageDocument><Metadata><Experiment><Scaling/></Experiment><Information><Image><SizeX>${width}</SizeX><SizeY>${height}</SizeY><ComponentBitCount>${bits}</ComponentBitCount><ObjectiveSettings><ObjectiveRef Id="O:2"/></ObjectiveSettings></Image><Instrument><Objectives><Objective Id="O:1"><NominalMagnification>5</NominalMagnification></Objective><Objective Id="O:2"><NominalMagnification>40</NominalMagnification></Objective></Objectives></Instrument></Information><Scaling><Items>${
    distance("X", 2.5e-7)
  }${distance("Y", 5e-7)}</Items></Scaling></Metadata></ImageDocument>`;
}

/** A zstd frame that stores its data as they are. */
export function storedZstd(data: Uint8Array): Bytes {
  const frame = new Uint8Array(12 + data.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  frame[4] = 0xa0; // one segment, its size in 4 bytes
  view.setUint32(5, data.length, true);
  const header = data.length << 3 | 1; // the last block, as it is
  frame.set([header & 255, header >> 8 & 255, header >> 16 & 255], 9);
  frame.set(data, 12);
  return frame;
}

/** Exchanges red and blue. */
export function toBgr(rgb: Uint8Array): Bytes {
  return Uint8Array.from(rgb, (_, i) => rgb[i + 2 - 2 * (i % 3)]);
}

/** Makes a file: header, sub-blocks, attachments, metadata, directory. */
export function makeCzi(
  { blocks, xml, attachments = [], directory, header, metadata = 12 }: CziSpec,
): Bytes {
  const parts: Bytes[] = [];
  let end = 0;
  const segment = (name: string, data: Bytes): number => {
    const at = end;
    const bytes = new Uint8Array(32 + Math.ceil(data.length / 32) * 32);
    bytes.set(ascii(name));
    const view = new DataView(bytes.buffer);
    view.setBigInt64(16, BigInt(data.length), true);
    view.setBigInt64(24, BigInt(data.length), true);
    bytes.set(data, 32);
    parts.push(bytes);
    end += bytes.length;
    return at;
  };
  const head = new Uint8Array(512);
  segment("ZISRAWFILE", head);
  const entries = blocks.map((block) => {
    const entry = entryOf(block, end);
    const start = Math.max(256, 16 + entry.length);
    const data = new Uint8Array(start + metadata + block.data.length);
    const view = new DataView(data.buffer);
    view.setInt32(0, metadata, true);
    view.setBigInt64(8, BigInt(block.data.length), true);
    data.set(entry, 16);
    data.set(block.data, start + metadata);
    segment("ZISRAWSUBBLOCK", data);
    return entry;
  });
  const attached = attachments.map(({ name, kind, data }) => {
    const entry = new Uint8Array(128);
    entry.set(ascii("A1"));
    const view = new DataView(entry.buffer);
    view.setBigInt64(12, BigInt(end), true);
    entry.set(ascii(kind), 40);
    entry.set(ascii(name), 48);
    const whole = new Uint8Array(256 + data.length);
    new DataView(whole.buffer).setInt32(0, data.length, true);
    whole.set(entry, 16);
    whole.set(data, 256);
    segment("ZISRAWATTACH", whole);
    return entry;
  });
  const list = joined([new Uint8Array(128), ...entries]);
  new DataView(list.buffer).setInt32(0, entries.length, true);
  directory?.(new DataView(list.buffer));
  const view = new DataView(head.buffer);
  view.setBigInt64(52, BigInt(segment("ZISRAWDIRECTORY", list)), true);
  if (xml !== undefined) {
    const text = joined([new Uint8Array(256), ascii(xml)]);
    new DataView(text.buffer).setInt32(0, text.length - 256, true);
    view.setBigInt64(60, BigInt(segment("ZISRAWMETADATA", text)), true);
  }
  if (attachments.length > 0) {
    const list = joined([new Uint8Array(256), ...attached]);
    new DataView(list.buffer).setInt32(0, attached.length, true);
    view.setBigInt64(72, BigInt(segment("ZISRAWATTDIR", list)), true);
  }
  header?.(view);
  parts[0].set(head, 32);
  return joined(parts);
}

function entryOf(
  {
    x,
    y,
    width,
    height,
    downsample = 1,
    order,
    scene,
    more = {},
    compression = 0,
    pixelType = 3,
    part = 0,
  }: CziBlockSpec,
  position: number,
): Bytes {
  const dimensions: [string, number, number, number][] = [
    ["X", x, width * downsample, width],
    ["Y", y, height * downsample, height],
  ];
  if (scene !== undefined) dimensions.push(["S", scene, 1, 1]);
  if (order !== undefined) dimensions.push(["M", order, 1, 1]);
  for (const [name, [start, size]] of Object.entries(more)) {
    dimensions.push([name, start, size, size]);
  }
  const entry = new Uint8Array(32 + 20 * dimensions.length);
  const view = new DataView(entry.buffer);
  entry.set(ascii("DV"));
  view.setInt32(2, pixelType, true);
  view.setBigInt64(6, BigInt(position), true);
  view.setInt32(14, part, true);
  view.setInt32(18, compression, true);
  view.setInt32(28, dimensions.length, true);
  dimensions.forEach(([name, start, size, stored], i) => {
    const at = 32 + 20 * i;
    entry.set(ascii(name), at);
    view.setInt32(at + 4, start, true);
    view.setInt32(at + 8, size, true);
    view.setInt32(at + 16, stored, true);
  });
  return entry;
}

function joined(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
