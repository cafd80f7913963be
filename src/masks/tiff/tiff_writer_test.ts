import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromArrayBuffer } from "geotiff";
import { createTiffWriter, type TiffWriterOptions } from "./tiff_writer.ts";
import { namesIn, withFolder } from "../../../tests/helpers/masks.ts";

function pattern({ width, height, samples }: TiffWriterOptions): Uint8Array {
  return Uint8Array.from(
    { length: width * height * samples },
    (_, i) => (i * 31 + (i >> 7)) & 255,
  );
}

async function written(
  options: TiffWriterOptions,
  heights: number[],
): Promise<ArrayBuffer> {
  let buffer = new ArrayBuffer(0);
  await withFolder(async (folder) => {
    const { width, height, samples } = options;
    const data = pattern(options);
    const writer = await createTiffWriter(`${folder}/a.tif`, options);
    for (let y = 0, i = 0; y < height; i++) {
      const rows = Math.min(heights[i % heights.length], height - y);
      await writer.writeRows(
        y,
        rows,
        data.subarray(y * width * samples, (y + rows) * width * samples),
      );
      y += rows;
    }
    assert(
      !namesIn(folder).includes("a.tif"),
      "no partial file stands under the final name",
    );
    await writer.close();
    assertEquals(namesIn(folder), ["a.tif"]);
    buffer = (await Deno.readFile(`${folder}/a.tif`)).buffer;
  });
  return buffer;
}

for (const bigTiff of [false, true]) {
  for (const samples of [1, 3] as const) {
    for (const [width, height] of [[1, 1], [16, 16], [17, 33], [70, 45]]) {
      Deno.test(
        `createTiffWriter() writes ${width} × ${height} × ${samples} that geotiff reads, BigTIFF ${bigTiff}`,
        async () => {
          const options = { width, height, samples, tileSize: 16, bigTiff };
          const file = await written(options, [1, 20, 3]);
          assertEquals(
            new DataView(file).getUint16(2, true),
            bigTiff ? 43 : 42,
          );
          const image = await (await fromArrayBuffer(file)).getImage();
          assertEquals([
            image.getWidth(),
            image.getHeight(),
            image.getSamplesPerPixel(),
          ], [width, height, samples]);
          assertEquals([image.getTileWidth(), image.getTileHeight()], [16, 16]);
          const data = await image.readRasters({ interleave: true });
          assertEquals(new Uint8Array(data.buffer), pattern(options));
        },
      );
    }
  }
}

Deno.test("createTiffWriter() writes scale, description and software", async () => {
  for (const bigTiff of [false, true]) {
    const mpp = { x: 0.499, y: 0.2525 };
    const file = await written({
      width: 3,
      height: 2,
      samples: 1,
      mpp,
      description: "µm",
      bigTiff,
    }, [2]);
    const { fileDirectory } = await (await fromArrayBuffer(file)).getImage();
    // geotiff's types do not list all tags that it knows.
    const tag = (name: string) =>
      fileDirectory.loadValue(name as never) as Promise<unknown>;
    const [x, xUnit] = await tag("XResolution") as number[];
    const [y, yUnit] = await tag("YResolution") as number[];
    assert(Math.abs(1e4 / (x / xUnit) - 0.499) < 1e-9);
    assert(Math.abs(1e4 / (y / yUnit) - 0.2525) < 1e-9);
    assertEquals(await tag("ResolutionUnit"), 3);
    assertEquals(String(await tag("Software")).replace("\0", ""), "Tilewise");
  }
});

/** Levels by halving, the slow way. */
function halved(
  { data, width, height }: { data: Uint8Array; width: number; height: number },
  { samples, rule }: { samples: number; rule: "max" | "mean" },
): { data: Uint8Array; width: number; height: number } {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const values: number[] = [];
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      for (let k = 0; k < samples; k++) {
        const four = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([dx, dy]) => {
          const column = Math.min(width - 1, x * 2 + dx);
          const row = Math.min(height - 1, y * 2 + dy);
          return data[(row * width + column) * samples + k];
        });
        values.push(
          rule === "max"
            ? Math.max(...four)
            : Math.round(four.reduce((a, b) => a + b) / 4),
        );
      }
    }
  }
  return { data: Uint8Array.from(values), ...half };
}

for (const [width, height] of [[16, 16], [17, 33], [70, 45], [129, 64]]) {
  for (
    const [rule, samples] of [["max", 1], ["mean", 1], ["mean", 3]] as const
  ) {
    Deno.test(`createTiffWriter() makes levels of ${width} × ${height} × ${samples} by ${rule}`, async () => {
      const options = { width, height, samples, tileSize: 16, pyramid: rule };
      const tiff = await fromArrayBuffer(await written(options, [1, 20, 3]));
      let levels = 0;
      for (let side = Math.min(width, height); side > 30; levels++) {
        side = Math.ceil(side / 2);
      }
      assertEquals(await tiff.getImageCount(), 1 + levels);
      const first = await tiff.getImage();
      const links = levels === 0
        ? []
        : await first.fileDirectory.loadValue("SubIFDs") as ArrayLike<number>;
      assertEquals(links.length, levels);
      let expected = { data: pattern(options), width, height };
      for (let level = 0; level <= levels; level++) {
        const image = await tiff.getImage(level);
        const data = await image.readRasters({ interleave: true });
        assertEquals(new Uint8Array(data.buffer), expected.data);
        if (level > 0) {
          const tag = image.fileDirectory.getValue("NewSubfileType" as never);
          assertEquals(tag as unknown, 1);
        }
        expected = halved(expected, { samples, rule });
      }
    });
  }
}

Deno.test("createTiffWriter() stores one tile for all that are of one value", async () => {
  const bytes = async (side: number): Promise<number> => {
    let size = 0, position = 0;
    const file = {
      write(data: Uint8Array) {
        position += data.length;
        size = Math.max(size, position);
        return Promise.resolve(data.length);
      },
      seek: (offset: number) => Promise.resolve(position = offset),
    };
    const writer = await createTiffWriter(file, {
      width: side,
      height: side,
      samples: 1,
      tileSize: 64,
      pyramid: "max",
    });
    await writer.writeRows(0, side, new Uint8Array(side * side));
    await writer.close();
    return size;
  };
  // Each more tile costs its two entries, 12 bytes; two levels more some hundreds.
  assert(await bytes(1024) - await bytes(256) < (256 + 64) * 12 + 1500);
});

Deno.test("createTiffWriter() takes an open file", async () => {
  await withFolder(async (folder) => {
    using file = await Deno.open(`${folder}/a.tif`, {
      write: true,
      create: true,
    });
    const writer = await createTiffWriter(file, {
      width: 1,
      height: 1,
      samples: 1,
    });
    await writer.writeRows(0, 1, new Uint8Array([7]));
    await writer.close();
    const image = await (await fromArrayBuffer(
      (await Deno.readFile(`${folder}/a.tif`)).buffer,
    )).getImage();
    assertEquals((await image.readRasters({ interleave: true }))[0], 7);
  });
});

Deno.test("createTiffWriter() refuses bad sizes and broken orders, and leaves nothing", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.tif`;
    const good = { width: 4, height: 4, samples: 1 } as const;
    for (
      const bad of [{ width: 0 }, { height: 1.5 }, { tileSize: 20 }, {
        samples: 2 as 1,
      }, { mpp: { x: 0, y: 1 } }]
    ) {
      await assertRejects(
        () => createTiffWriter(path, { ...good, ...bad }),
        RangeError,
        "Cannot write a TIFF",
      );
    }
    {
      await using writer = await createTiffWriter(path, good);
      await assertRejects(
        () => writer.writeRows(1, 1, new Uint8Array(4)),
        RangeError,
        "row 0 of 4 comes next",
      );
      await assertRejects(
        () => writer.writeRows(0, 5, new Uint8Array(20)),
        RangeError,
      );
      await assertRejects(
        () => writer.writeRows(0, 1, new Uint8Array(5)),
        RangeError,
        "4 bytes are needed, received 5",
      );
      await writer.writeRows(0, 1, new Uint8Array(4));
      await assertRejects(
        () => writer.close(),
        RangeError,
        "4 rows are needed, received 1",
      );
    }
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("createTiffWriter() writes descriptions of any length, within the entry or after the directory", async () => {
  for (const bigTiff of [false, true]) {
    for (let length = 1; length <= 10; length++) {
      const description = "abcdefghij".slice(0, length);
      const options = {
        ...{ width: 20, height: 20, tileSize: 16 },
        samples: 1,
      } as const;
      const file = await written({ ...options, description, bigTiff }, [20]);
      const image = await (await fromArrayBuffer(file)).getImage();
      const said = await image.fileDirectory.loadValue("ImageDescription");
      assertEquals(String(said).replace("\0", ""), description);
      const data = await image.readRasters({ interleave: true });
      assertEquals(new Uint8Array(data.buffer), pattern(options));
    }
  }
});

Deno.test("createTiffWriter() links each level as a SubIFD of the first, in either kind of TIFF", async () => {
  for (const bigTiff of [false, true]) {
    const file = await written({
      width: 129,
      height: 70,
      samples: 1,
      tileSize: 16,
      pyramid: "max",
      bigTiff,
    }, [70]);
    const view = new DataView(file);
    const number = (at: number, size: number) =>
      size === 2
        ? view.getUint16(at, true)
        : size === 4
        ? view.getUint32(at, true)
        : Number(view.getBigUint64(at, true));
    const size = bigTiff ? 8 : 4; // of offsets and counts
    /** A tag's values in the directory at a byte. */
    const valuesOf = (directory: number, tag: number): number[] => {
      const head = bigTiff ? 8 : 2;
      for (let i = 0; i < number(directory, head); i++) {
        const entry = directory + head + i * (4 + 2 * size);
        if (number(entry, 2) !== tag) continue;
        const type = number(entry + 2, 2);
        const width = type === 3 ? 2 : type >= 16 ? 8 : 4;
        const count = number(entry + 4, size);
        const at = entry + 4 + size;
        const first = width * count > size ? number(at, size) : at;
        return Array.from(
          { length: count },
          (_, i) => number(first + i * width, width),
        );
      }
      return [];
    };
    const links = valuesOf(number(bigTiff ? 8 : 4, size), 330);
    const reduced = links.map((at) =>
      [254, 256, 257].flatMap((tag) => valuesOf(at, tag))
    );
    assertEquals(reduced, [[1, 65, 35], [1, 33, 18]]);
  }
});
