import { assertEquals, assertRejects } from "@std/assert";
import { noise } from "../../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

const [width, height] = [20, 10];

function plane(channel: number, text?: string): PageSpec {
  return {
    width,
    height,
    samples: 1,
    pixels: noise(width, height).filter((_, i) => i % 3 === channel),
    tags: text === undefined ? {} : { 270: text },
  };
}

function image(
  { size = [width, height], more = "", channels = "", data = "", name = "" },
): string {
  return `<Image Name="${name}"><Pixels SizeX="${size[0]}" SizeY="${
    size[1]
  }" SizeZ="1" SizeT="1" SizeC="3" Type="uint8" ${more}>${channels}${data}</Pixels></Image>`;
}

const gray = `<Channel SamplesPerPixel="1"/>`.repeat(3);
const ome = (...images: string[]) =>
  `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${
    images.join("")
  }</OME>`;

Deno.test("OME: TiffData say which page is which channel, in one file too", async () => {
  const data = [2, 1, 0].map((channel, page) =>
    `<TiffData IFD="${page}" FirstC="${channel}"/>`
  ).join("");
  const text = ome(image({ channels: gray, data }));
  await using slide = await openPages([plane(2, text), plane(1), plane(0)]);
  assertEquals(await readAll(slide), noise(width, height));
});

Deno.test("OME: colors order three channels; those of stains are refused", async () => {
  const channel = (more: string) => `<Channel SamplesPerPixel="1" ${more}/>`;
  const colors = [65535, 16711935, -16776961]; // blue, green, red
  const colored = colors.map((color) => channel(`Color="${color}"`)).join("");
  await using slide = await openPages([
    plane(2, ome(image({ channels: colored }))),
    plane(1),
    plane(0),
  ]);
  assertEquals(await readAll(slide), noise(width, height));
  assertEquals(slide.warnings, []);
  for (
    const more of [
      `Name="DAPI"`,
      `Fluor="Cy3"`,
      `EmissionWavelength="520"`,
      `Color="16777215"`,
    ]
  ) {
    const channels = channel(more) + channel("") + channel("");
    await assertRejects(
      () => openPages([plane(0, ome(image({ channels }))), plane(1), plane(2)]),
      TypeError,
      "three channels that are not red, green and blue",
    );
  }
});

Deno.test("OME: sizes in other units, and what is no length", async () => {
  for (
    const [size, unit, mpp] of [
      ["2500", "&#xC5;", 0.25],
      ["250", "nm", 0.25],
      ["0.00025", "mm", 0.25],
      ["0.25", "&#xb5;m", 0.25],
      ["0,25", "µm", 0.25],
      ["0.25", "pixel", undefined],
      ["0.25", "reference frame", undefined],
    ] as const
  ) {
    const more =
      `PhysicalSizeX="${size}" PhysicalSizeXUnit="${unit}" PhysicalSizeY="${size}" PhysicalSizeYUnit="${unit}"`;
    await using slide = await openPages([
      plane(0, ome(image({ more, channels: gray }))),
      plane(1),
      plane(2),
    ]);
    assertEquals(slide.mpp?.x, mpp, unit);
    assertEquals(slide.warnings?.length, mpp ? 1 : 2, unit);
  }
});

Deno.test("OME: the slide is the largest picture that is no label or macro, with its own scale", async () => {
  const rgb = (
    [width, height]: readonly [number, number],
    text?: string,
  ): PageSpec => ({
    width,
    height,
    pixels: noise(width, height),
    tags: text === undefined ? {} : { 270: text },
  });
  const size = (mpp: number) => `PhysicalSizeX="${mpp}" PhysicalSizeY="${mpp}"`;
  const channels = `<Channel SamplesPerPixel="3"/>`;
  const picture = (
    i: number,
    side: readonly [number, number],
    { mpp, name = "" }: { mpp: number; name?: string },
  ) =>
    image({
      size: [...side],
      more: size(mpp),
      channels,
      name,
      data: `<TiffData IFD="${i}"/>`,
    });
  const text = ome(
    picture(0, [8, 6], { mpp: 8 }),
    picture(1, [20, 10], { mpp: 0.25 }),
    picture(2, [40, 30], { mpp: 20, name: "macro image" }),
  );
  const pages = [rgb([8, 6], text), rgb([20, 10]), rgb([40, 30])];
  await using slide = await openPages(pages);
  assertEquals([slide.width, slide.mpp], [20, { x: 0.25, y: 0.25 }]);
  const { associated, ignored } = await inspectSlide(
    new Blob([await makeTiff(pages)]),
  );
  assertEquals(associated, [
    { name: "macro", width: 40, height: 30, page: "page 2" },
  ]);
  assertEquals(ignored.map(({ why }) => why), [
    "it is a picture other than the slide",
  ]);
  await assertRejects(
    () =>
      openPages([
        rgb(
          [20, 10],
          ome(
            picture(0, [20, 10], { mpp: 1 }),
            picture(1, [19, 10], { mpp: 1 }),
          ),
        ),
        rgb([19, 10]),
      ]),
    TypeError,
    "it contains 2 pictures, and it is ambiguous which is the slide (image 0 of 20×10 px, image 1 of 19×10 px)",
  );
});

Deno.test("OME: stacks are refused, damaged XML is named, a stale size is said", async () => {
  const pages = (text: string) => [plane(0, text), plane(1), plane(2)];
  await assertRejects(
    () =>
      openPages(
        pages(
          ome(
            `<Image><Pixels SizeX="20" SizeY="10" SizeC="1" SizeZ="3" SizeT="1"/></Image>`,
          ),
        ),
      ),
    TypeError,
    "it contains 3 slices (OME-XML)",
  );
  await assertRejects(
    () => openPages(pages("<OME><Image>")),
    SyntaxError,
    "opens one page and ignores the XML",
  );
  await using page = await openSlide(
    new Blob([await makeTiff(pages("<OME><Image>"))]),
    { page: 2 },
  );
  assertEquals(page.width, width);
  await using slide = await openPages(
    pages(
      ome(image({
        size: [40, 20],
        more: `PhysicalSizeX="0.5" PhysicalSizeY="0.5"`,
        channels: gray,
      })),
    ),
  );
  assertEquals(slide.mpp, undefined);
  assertEquals(
    slide.warnings?.[1],
    "its OME-XML describes 40×20 px, but the page has 20×10: its scale is not used",
  );
});

Deno.test("OME: the power of the objective that the image names, or of the only one, where it makes sense", async () => {
  const objective = (id: string, power: string) =>
    `<Objective ID="${id}" NominalMagnification="${power}"/>`;
  const source = "OME's NominalMagnification";
  for (
    const [objectives, settings, expected] of [
      [[objective("a", "40")], "", { value: 40, source }],
      [[objective("a", "40"), objective("b", "20")], "", undefined],
      [[objective("a", "40"), objective("b", "20")], "b", {
        value: 20,
        source,
      }],
      [[objective("a", "0")], "", undefined],
      [[objective("a", "-40")], "", undefined],
      [[objective("a", "999")], "", { value: 999, source }],
      [[objective("a", "1000")], "", undefined],
    ] as const
  ) {
    const used = settings && `<ObjectiveSettings ID="${settings}"/>`;
    const named = image({ channels: gray }).replace(
      "<Pixels",
      `${used}<Pixels`,
    );
    const instrument = `<Instrument>${objectives.join("")}</Instrument>`;
    const text = ome(instrument, named);
    await using slide = await openPages([plane(0, text), plane(1), plane(2)]);
    assertEquals(slide.objectivePower, expected?.value);
  }
});

Deno.test("OME: metadata of another size say nothing about a page that is read by its number", async () => {
  const more = 'PhysicalSizeX="0.5" PhysicalSizeY="0.5"';
  for (
    const [size, expected] of [
      [[width, height], 0.5],
      [[width + 1, height], undefined],
      [[width, height + 1], undefined],
    ] as const
  ) {
    const data = `<TiffData IFD="0" PlaneCount="3"/>`;
    const text = ome(image({ size: [...size], more, channels: gray, data }));
    const file = await makeTiff([plane(0, text), plane(1), plane(2)]);
    const options = { name: "made", page: 0 };
    await using slide = await openSlide(new Blob([file]), options);
    assertEquals(slide.mpp?.x, expected);
  }
});

Deno.test("OME: more channels than planes, and a billion of them, are refused by a sentence", async () => {
  const channel = (color: number) =>
    `<Channel SamplesPerPixel="1" Color="${color}"/>`;
  const colors = [65535, 65535, 16711935, -16776961].map(channel).join("");
  await assertRejects(
    () =>
      openPages([
        plane(0, ome(image({ channels: colors }))),
        plane(1),
        plane(2),
      ]),
    TypeError,
    "three channels that are not red, green and blue",
  );
  const many = image({ data: `<TiffData IFD="0" PlaneCount="1000000000"/>` })
    .replace('SizeC="3"', 'SizeC="1000000000"');
  await assertRejects(
    () => openPages([plane(0, ome(many)), plane(1)]),
    Error,
    "Cannot open slide",
  );
});
