import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openSlide } from "../open_slide.ts";
import { type OmeImage, planesOf } from "./ome_pages.ts";

const [width, height] = [40, 30];
const pixels = noise(width, height);

/** OME metadata of three channels, each in a file of its own. */
function metadata(
  { files = ["red.ome.tif", "green.ome.tif", "blue.ome.tif"], depths = 1 } = {},
): string {
  const planes = files.map((file, channel) =>
    `<TiffData FirstC="${channel}" IFD="0" PlaneCount="1"><UUID FileName="${file}">urn:uuid:1</UUID></TiffData>`
  );
  const size =
    `SizeX="${width}" SizeY="${height}" SizeC="3" SizeZ="${depths}" SizeT="1"`;
  return `<?xml version="1.0"?><OME><Image><Pixels ${size} PhysicalSizeX="0.5" PhysicalSizeY="0.5">${
    planes.join("")
  }</Pixels></Image></OME>`;
}

async function writePlanes(
  folder: string,
  description: (name: string) => string,
): Promise<void> {
  for (const [channel, name] of ["red", "green", "blue"].entries()) {
    const plane = {
      width,
      height,
      samples: 1,
      pixels: pixels.filter((_, i) => i % 3 === channel),
      tags: { 270: description(name) },
    };
    await Deno.writeFile(`${folder}/${name}.ome.tif`, await makeTiff([plane]));
  }
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ome files " });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readAll(source: string | URL): Promise<Uint8Array> {
  await using slide = await openSlide(source);
  assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
  return await slide.readRegion({ x: 0, y: 0, width, height });
}

Deno.test("openSlide() gathers the channels that an OME companion or one of its files names", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/set.companion.ome`, metadata());
    await writePlanes(
      folder,
      () =>
        `<OME><BinaryOnly MetadataFile="set.companion.ome" UUID="x"/></OME>`,
    );
    for (const name of ["set.companion.ome", "green.ome.tif"]) {
      assertEquals(await readAll(`${folder}/${name}`), pixels);
      const url = new URL(`file://${folder}/${name}`);
      assertEquals(await readAll(url), pixels);
    }
  });
});

Deno.test("openSlide() takes planes without a file's name from the file that it opens", async () => {
  await inFolder(async (folder) => {
    const own = metadata().replace(/<UUID FileName="red[^/]*\/UUID>/, "");
    await writePlanes(folder, (name) => name === "red" ? own : "");
    assertEquals(await readAll(`${folder}/red.ome.tif`), pixels);
  });
});

Deno.test("openSlide() gathers the channels of OME-TIFFs that name each other, in the order of their metadata", async () => {
  await inFolder(async (folder) => {
    const files = ["blue.ome.tif", "green.ome.tif", "red.ome.tif"];
    await writePlanes(folder, () => metadata({ files }));
    const read = await readAll(`${folder}/green.ome.tif`);
    const swapped = pixels.map((_, i) => pixels[i - i % 3 + 2 - i % 3]);
    assertEquals(read, swapped);
  });
});

Deno.test("openSlide() says which file of an OME picture is missing, and opens none outside its folder", async () => {
  await inFolder(async (folder) => {
    const refuse = async (text: string, reason: string): Promise<void> => {
      const path = `${folder}/set.companion.ome`;
      await Deno.writeTextFile(path, text);
      await assertRejects(() => openSlide(path), Error, reason);
    };
    await refuse(
      metadata(),
      'its file "red.ome.tif" cannot be opened: it does not exist',
    );
    await writePlanes(folder, () => "");
    await refuse(
      metadata({ files: ["red.ome.tif", "../secret.tif", "blue.ome.tif"] }),
      `in its own folder, not "../secret.tif"`,
    );
    await refuse(
      metadata({ files: ["red.ome.tif", "green.ome.tif"] }),
      "name no page for channel 2",
    );
    await refuse(
      metadata({ depths: 4 }),
      "it contains 3 channels, 4 slices (OME-XML)",
    );
    await refuse("<OME></OME>", "its OME-XML describes no picture");
    await refuse("<html></html>", "it is an HTML page");
    const blob = new Blob([metadata()]);
    await assertRejects(
      () => openSlide(blob),
      TypeError,
      'its file "red.ome.tif" cannot be opened: from a Blob alone, other files cannot be reached',
    );
  });
});

Deno.test("planesOf() counts a channel of several samples once, where the channels have all samples", () => {
  const planes = (samples: number, ...channels: number[]) =>
    planesOf({
      samples,
      channels: channels.map((samples) => ({ samples })),
    } as unknown as OmeImage);
  assertEquals(planes(3, 3), 1);
  assertEquals(planes(4, 3, 1), 2);
  assertEquals(planes(3, 1, 1, 1), 3);
  assertEquals(planes(3), 3); // channels that are not described
});
