import { openView } from "../../src/view/open_view.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { oneView, type View } from "../../src/view/view.ts";
import { makeTiff, type PageSpec } from "../helpers/make_tiff.ts";
import { accessibilityProblems } from "./check_page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";

const [width, height] = [900, 600];

/** The colors of a place of the slide, as it and the navigator show it: shares of their sides. */
async function colors(
  page: Page,
  [x, y]: readonly [number, number],
): Promise<number[][]> {
  return await page.evaluate(`["#viewer", ".navigator"].map((one) => {
    const canvas = document.querySelector(one + " canvas");
    if (!canvas) return [NaN];
    const ratio = ${width} / ${height};
    const wide = Math.min(canvas.width, canvas.height * ratio);
    const left = canvas.width / 2 + (${x} - 0.5) * wide;
    const top = canvas.height / 2 + (${y} - 0.5) * wide / ratio;
    const data = canvas.getContext("2d").getImageData(left, top, 1, 1).data;
    return [...data.slice(0, 3)];
  })`);
}

/** Waits until both have a color, give or take what JPEG changes. */
async function until(
  page: Page,
  color: readonly number[],
  place: readonly [number, number] = [0.4, 0.4],
): Promise<void> {
  let found: number[][] = [];
  for (let i = 0; i < 50; i++) {
    found = await colors(page, place);
    const isClose = (one: number[]) =>
      one.every((value, c) => Math.abs(value - color[c]) <= 5);
    if (found.every(isClose)) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${color} is shown as ${found[0]}, and ${found[1]}`);
}

/** Shows a view, and checks that the page has no complaints. */
async function show(
  view: View,
  test: (page: Page, url: string) => Promise<void>,
): Promise<void> {
  await using server = serveView(oneView(() => view));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({
      viewport: { width: 1100, height: 900 },
    });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error.stack)));
    page.on("console", (message) => {
      // That is of this test's own reading.
      if (!message.text().includes("willReadFrequently")) {
        problems.push(message.text());
      }
    });
    await page.goto(server.url);
    await test(page, server.url);
    assertEquals(problems, []);
  } finally {
    await browser.close();
  }
}

async function set(page: Page, label: string, value: number): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(String(value));
}

Deno.test({
  name:
    "The image panel changes brightness, contrast, gamma and colors, live, and resets them (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const pixels = new Uint8Array(width * height * 3);
    for (let i = 0; i < pixels.length; i += 3) pixels.set([200, 120, 60], i);
    const file = await Deno.makeTempFile({ suffix: ".tif" });
    await Deno.writeFile(file, await makeTiff([{ width, height, pixels }]));
    try {
      await using view = await openView(file);
      await show(view, async (page) => {
        await until(page, [200, 120, 60]);
        await page.getByRole("button", { name: "Image" }).click();
        await set(page, "Image: brightness", 0.2);
        await until(page, [251, 171, 111]);
        await set(page, "Image: contrast", 0.5);
        await until(page, [255, 163, 43]);
        await page.getByRole("button", { name: "Reset" }).click();
        await until(page, [200, 120, 60]);
        await set(page, "Image: gamma", 2);
        await until(page, [157, 56, 14]);
        await page.keyboard.press("i");
        await until(page, [200, 120, 60]);
        await page.getByLabel("Red", { exact: true }).uncheck();
        await until(page, [0, 120, 60]);
        assertEquals(
          await page.locator("#label-images-button").isVisible(),
          false,
        );
        assert(
          (await page.textContent("#image"))!.includes("results do not change"),
        );
      });
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test({
  name:
    "Label and macro are shown only with labelImages, and the page says why (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const described = (text: string) => ({ 270: `Aperio x\r\n${text}` });
    const [side, tile] = [64, { width: 16, height: 16 }];
    const page = (side: number, text: string) => ({
      ...{ width: side, height: side, tags: described(text) },
      pixels: new Uint8Array(side * side * 3).fill(99),
    });
    const file = await Deno.makeTempFile({ suffix: ".svs" });
    await Deno.writeFile(
      file,
      await makeTiff([{ ...page(side, "64x64"), tile }, page(48, "label")]),
    );
    try {
      for (const labelImages of [false, true]) {
        await using view = await openView(file, { labelImages });
        await show(view, async (page, url) => {
          const label = await fetch(`${url}slides/0/associated/label`);
          await label.body?.cancel();
          assertEquals(label.status, labelImages ? 200 : 404);
          const button = page.getByRole("button", { name: "Show label" });
          const panel = page.getByRole("button", { name: "Image" });
          if (!labelImages) await panel.click();
          await page.locator("#image-reset").waitFor();
          assertEquals(await button.isVisible(), labelImages);
          const note = await page.locator("#label-images-note").textContent();
          assertEquals(note!.includes("patient"), !labelImages);
          if (!labelImages) return;
          await button.click();
          const picture = page.getByAltText("The label of the slide");
          await picture.waitFor();
          assertEquals((await picture.boundingBox())!.width, 48);
          assertEquals(await accessibilityProblems(page), []);
          await page.keyboard.press("Escape");
          assertEquals(await picture.isVisible(), false);
        });
      }
    } finally {
      await Deno.remove(file);
    }
  },
});

/** An OME-TIFF of two channels of 16 bits: the left half is DAPI, the right half CD3; both have 2,000 of 4,000. */
async function writeChannels(): Promise<string> {
  const text =
    `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels SizeX="${width}" SizeY="${height}" SizeC="2" SizeZ="1" SizeT="1" Type="uint16"><Channel Name="DAPI" Color="65535"/><Channel Name="CD3" Color="-16776961"/></Pixels></Image></OME>`;
  const pages = [0, 1].map((channel): PageSpec => {
    const values = new Uint16Array(width * height);
    for (let i = 0; i < values.length; i++) {
      const x = i % width;
      // A strip of the highest value tells percentiles where white is.
      if (x < 20) values[i] = 4000;
      else if ((x < width / 2) === (channel === 0)) values[i] = 2000;
    }
    return {
      ...{ width, height, samples: 1, sampleBytes: 2 },
      pixels: new Uint8Array(values.buffer),
      tags: channel === 0 ? { 270: text } : {},
    };
  });
  const file = await Deno.makeTempFile({ suffix: ".ome.tif" });
  await Deno.writeFile(file, await makeTiff(pages));
  return file;
}

Deno.test({
  name:
    "Fluorescence is shown by channels, each with a color, a window and a check box (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const file = await writeChannels();
    const [left, right, both] = [[0.3, 0.5], [0.8, 0.5], [0.01, 0.5]] as const;
    try {
      await using view = await openView(file);
      await show(view, async (page) => {
        await until(page, [0, 0, 128], left);
        await until(page, [128, 0, 0], right);
        await until(page, [255, 0, 255], both);
        const text = (await page.textContent("#image"))!;
        assert(text.includes("2 channels (DAPI, CD3)"), text);
        assert(text.includes("of an overview"), text);
        await set(page, "DAPI: white", 2000);
        await until(page, [0, 0, 255], left);
        await page.getByLabel("CD3", { exact: true }).uncheck();
        await until(page, [0, 0, 0], right);
        await until(page, [0, 0, 255], both);
        await page.getByLabel("DAPI: color").fill("#ff8000");
        await until(page, [255, 128, 0], left);
        await page.keyboard.press("i");
        await until(page, [0, 0, 128], left);
        await until(page, [128, 0, 0], right);
        assertEquals(await accessibilityProblems(page), []);
        // There is no layer's panel without layers.
        assertEquals(await page.locator("#layers").isVisible(), false);
      });
    } finally {
      await Deno.remove(file);
    }
  },
});
