import { openView } from "../../src/view/open_view.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { oneView } from "../../src/view/view.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { discs, height, width, writeViewFiles } from "./view_files.ts";
import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import type { Page } from "playwright-core";

/** The color that the page shows at a level-0 pixel, while the whole slide is in sight. */
async function colorAt(
  page: Page,
  pixel: readonly [number, number],
): Promise<number[]> {
  const { width, data, channels } = decode(await page.screenshot());
  const [x, y] = (await place(page, pixel)).map(Math.round);
  return [...data.slice((y * width + x) * channels).slice(0, 3)];
}

Deno.test({
  name:
    "The viewer shows layers, cuts at the threshold, and finds objects (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-page-" });
    const { slide, ...files } = await writeViewFiles(folder);
    await using view = await openView(slide, files);
    await using server = serveView(oneView(() => view));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1100, height: 700 },
      });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error.stack)));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      page.on("requestfailed", (request) => {
        // The count at a threshold ends where the threshold moves on.
        const isCount = /\/level\?/.test(request.url());
        if (!isCount) problems.push(request.url());
      });
      const outside: string[] = [];
      page.on("request", (request) => {
        if (
          !/^(data:|blob:)/.test(request.url()) &&
          !request.url().startsWith(server.url)
        ) outside.push(request.url());
      });
      await page.goto(server.url);
      const inFirst = [discs[0][0], discs[0][1]] as const;
      const inSecond = [discs[1][0], discs[1][1]] as const;
      /** Waits until a place's color is as it should be. */
      const until = async (
        place: readonly [number, number],
        is: (color: number[]) => boolean,
      ) => {
        let color: number[] = [];
        for (let i = 0; i < 40; i++) {
          color = await colorAt(page, place);
          if (is(color)) return;
          await page.waitForTimeout(100);
        }
        throw new Error(`The color at ${place} is ${color}`);
      };
      const gray = ([red, green, blue]: number[]) =>
        Math.abs(red - 230) < 4 && Math.abs(green - 230) < 4 &&
        Math.abs(blue - 230) < 4;

      await t.step("the probability lies over the slide", async () => {
        await until([100, 500], gray);
        await until(inFirst, ([red, , blue]) => red > blue + 30); // yellow: nearly sure
        await until(
          inSecond,
          ([red, green, blue]) => green > red + 15 && green > blue + 15,
        ); // green
      });
      await t.step("the threshold cuts what is less sure", async () => {
        for (let i = 0; i < 4; i++) await page.keyboard.press("]");
        assertEquals(
          await page.textContent(
            ".layer:nth-of-type(2) .slider:nth-of-type(3) output",
          ),
          "0.70",
        );
        await until(inSecond, gray);
        await until(inFirst, (color) => !gray(color));
      });
      await t.step("layers go and come by key and by mouse", async () => {
        await page.keyboard.press("p");
        await until(inFirst, gray);
        await page.keyboard.press("m");
        await until(inFirst, ([red, green]) => green > red + 30);
        await page.getByLabel("Mask", { exact: true }).uncheck();
        await until(inFirst, gray);
      });
      await t.step(
        "objects are listed, chosen by key, by the list and in the slide",
        async () => {
          for (let i = 0; i < 4; i++) await page.keyboard.press("[");
          await page.waitForSelector("#level:text('2 in all')");
          assertEquals(await page.textContent("#count"), "2");
          const chosen = () =>
            page.locator('.object[aria-selected="true"] .number')
              .allTextContents();
          await page.mouse.click(...await place(page, inSecond));
          await page.waitForTimeout(400); // a second click might make a double one
          assertEquals(await chosen(), ["#2"]);
          await page.keyboard.press("n");
          assertEquals(await chosen(), ["#1"]); // after the last comes the first
          await page.click(".object:nth-of-type(2)");
          assertEquals(await chosen(), ["#2"]);
          await page.waitForTimeout(900);
          assertEquals(
            (await page.textContent("#readout"))!.endsWith("%"),
            true,
          );
          assert(
            parseFloat(await page.textContent("#readout") ?? "") > 200,
            "the object fills the page",
          );
          await page.keyboard.press("0");
        },
      );
      await t.step("the page needs nothing but its server", () => {
        assertEquals(outside, []);
        assertEquals(problems, []);
      });
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "The viewer shows classes in their colors, and hides them one by one (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-page-" });
    const red = { name: "Tumor", color: "#ff0000" };
    const blue = { name: "Stroma", color: "#0000ff" };
    const { slide, mask, geojson } = await writeViewFiles(folder, [red, blue]);
    await using view = await openView(slide, { mask, geojson });
    await using server = serveView(oneView(() => view));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1100, height: 700 },
      });
      await page.goto(server.url);
      const colors = async () =>
        await Promise.all(
          discs.map(async ([x, y]) => {
            const [red, , blue] = await colorAt(page, [x, y]);
            return red > blue + 50 ? "red" : blue > red + 50 ? "blue" : "none";
          }),
        );
      const until = async (expected: readonly string[]) => {
        let found: string[] = [];
        for (let i = 0; i < 40 && found.join() !== expected.join(); i++) {
          found = await colors();
          await page.waitForTimeout(100);
        }
        assertEquals(found, expected);
      };
      await until(["red", "blue"]);
      assertEquals(
        (await page.locator("#classes label").allTextContents()).toSorted(),
        ["Stroma1", "Tumor1"],
      );
      assertEquals(await page.textContent("#count"), "2");
      await page.getByLabel("Stroma").uncheck();
      await until(["red", "none"]);
      assertEquals(await page.textContent("#count"), "1");
      await page.getByLabel("Stroma").check();
      await page.getByLabel("Tumor").uncheck();
      await until(["none", "blue"]);
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Where a level-0 pixel lies on the page that shows the whole slide. */
async function place(
  page: Page,
  [x, y]: readonly [number, number],
): Promise<[number, number]> {
  const box = (await page.locator("#viewer").boundingBox())!;
  const zoom = Math.min(box.width / width, box.height / height);
  return [
    box.x + (box.width - width * zoom) / 2 + x * zoom,
    box.y + (box.height - height * zoom) / 2 + y * zoom,
  ];
}
