import { assertAlmostEquals, assertEquals } from "@std/assert";
import { readMpp } from "./read_mpp.ts";
import type { TiffPage } from "./tiff_page.ts";

const read = (page: Partial<TiffPage>) =>
  readMpp({ description: "", ...page } as TiffPage);

Deno.test("readMpp() reads Aperio's description", () => {
  assertEquals(
    read({ description: "Aperio |AppMag = 20|MPP = 0.4990|x = 1" }),
    { x: 0.499, y: 0.499 },
  );
});

Deno.test("readMpp() reads OME's sizes in their units", () => {
  const pixels = (attributes: string) =>
    `<OME><Image><Pixels ${attributes}/></Image></OME>`;
  const description = pixels(`PhysicalSizeX="0.5" PhysicalSizeY="0.25"`);
  assertEquals(read({ description }), { x: 0.5, y: 0.25 });
  const nanometres =
    `PhysicalSizeX="500" PhysicalSizeXUnit="nm" PhysicalSizeY="5e-4" PhysicalSizeYUnit="mm"`;
  assertEquals(read({ description: pixels(nanometres) }), { x: 0.5, y: 0.5 });
  const parsecs = `PhysicalSizeX="1" PhysicalSizeXUnit="pc" PhysicalSizeY="1"`;
  assertEquals(read({ description: pixels(parsecs) }), undefined);
});

Deno.test("readMpp() believes resolutions that are a microscope's", () => {
  const mpp = read({ resolution: { x: 20000, y: 40000, unit: 3 } });
  assertEquals(mpp, { x: 0.5, y: 0.25 });
  assertAlmostEquals(
    read({ resolution: { x: 50800, y: 50800, unit: 2 } })!.x,
    0.5,
  );
  assertEquals(read({ resolution: { x: 72, y: 72, unit: 2 } }), undefined);
  assertEquals(
    read({ resolution: { x: 20000, y: 20000, unit: 1 } }),
    undefined,
  );
  assertEquals(
    read({ resolution: { x: Infinity, y: NaN, unit: 3 } }),
    undefined,
  );
});

Deno.test("readMpp() reads ImageJ's unit", () => {
  const resolution = { x: 4, y: 2, unit: 1 };
  const description = "ImageJ=1.53t\nimages=1\nunit=micron\nmin=0.0\n";
  assertEquals(read({ description, resolution }), { x: 0.25, y: 0.5 });
  const words = description.replace("micron", "\\u00B5m");
  assertEquals(read({ description: words, resolution }), { x: 0.25, y: 0.5 });
  const inches = description.replace("micron", "pixel");
  assertEquals(read({ description: inches, resolution }), undefined);
});
