/// <reference lib="dom" />
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import type { Page } from "playwright-core";
import { listSlides } from "../../src/run/list_slides.ts";
import { SlideViews } from "../../src/run/slide_views.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { accessibilityProblems, overlaps } from "./check_page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

const [width, height] = [800, 500];
/** A red square on each slide, in level-0 pixels. */
const square = { x: 200, y: 100, side: 100 };

/** Writes gray slides with a red square, an object at its place, and a file that is none. */
async function writeSlides(folder: string): Promise<void> {
  const pixels = new Uint8Array(width * height * 3).fill(230);
  for (let y = square.y; y < square.y + square.side; y++) {
    for (let x = square.x; x < square.x + square.side; x++) {
      pixels.set([200, 30, 30], (y * width + x) * 3);
    }
  }
  const tiff = await makeTiff([{ width, height, pixels }]);
  await Deno.mkdir(`${folder}/out`);
  for (const name of ["a", "b", "c", "d"]) {
    await Deno.writeFile(`${folder}/${name}.tif`, tiff);
  }
  await Deno.writeTextFile(`${folder}/c.tif`, "no TIFF");
  const { x, y, side } = square;
  const ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
  const feature = {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] },
    properties: {},
  };
  await Deno.writeTextFile(
    `${folder}/out/b.geojson`,
    JSON.stringify({ type: "FeatureCollection", features: [feature] }),
  );
}

/** The name of the slide on the page. */
const nameOn = (page: Page) => page.textContent("#name");

/** Waits until the address says something. */
async function untilAddress(page: Page, words: RegExp): Promise<string> {
  await page.waitForFunction(
    (source) => new RegExp(source).test(location.hash),
    words.source,
  );
  return new URL(page.url()).hash;
}

/** The color of a pixel of the page. */
async function colorAt(page: Page, x: number, y: number): Promise<number[]> {
  const { width, data, channels } = decode(await page.screenshot());
  const at = (Math.round(y) * width + Math.round(x)) * channels;
  return [...data.slice(at, at + 3)];
}

async function untilRed(page: Page, x: number, y: number): Promise<void> {
  let color: number[] = [];
  for (let i = 0; i < 40; i++) {
    color = await colorAt(page, x, y);
    if (color[0] > color[1] + 100) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`The color at ${x}, ${y} is ${color}`);
}

Deno.test({
  name:
    "The viewer goes from slide to slide, to places, turns, measures and saves (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-slides-" });
    await writeSlides(folder);
    await using views = new SlideViews(await listSlides([folder]), {
      results: `${folder}/out`,
      view: { mpp: { x: 0.5, y: 0.25 } },
    });
    await using server = serveView(views);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1100, height: 700 },
      });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error.stack)));
      page.on("console", (message) => problems.push(message.text()));
      const box = { width: 780, height: 700 };
      await t.step("next and previous slide, by key and button", async () => {
        await page.goto(server.url);
        await untilAddress(page, /^#slide=a&x=400&y=250&zoom=/);
        assertEquals(await nameOn(page), "a");
        assertEquals(await page.textContent("#slide-count"), "4");
        await page.waitForSelector(".thumbnail img");
        const states = "No results,Done,Cannot be opened,No results";
        await page.waitForFunction(
          (states) =>
            [...document.querySelectorAll(".slide-state")]
              .map(({ textContent }) => textContent).join() === states,
          states,
        );
        assertEquals(await accessibilityProblems(page), []);
        await page.keyboard.press("PageDown");
        await untilAddress(page, /^#slide=b&x=/);
        assertEquals(await nameOn(page), "b");
        await page.click("#previous-slide");
        await untilAddress(page, /^#slide=a&x=/);
        await page.keyboard.press("PageUp"); // before the first comes the last
        await untilAddress(page, /^#slide=d&x=/);
        assertEquals(problems.splice(0), []);
      });
      await t.step(
        "a slide that cannot be opened is said, and others go on",
        async () => {
          await page.keyboard.press("PageUp");
          await page.waitForSelector("#notice:not([hidden])");
          assertEquals(await nameOn(page), "c");
          const notice = await page.textContent("#notice");
          assert(/^Cannot open .*c\.tif/.test(notice!), notice!);
          await page.waitForFunction(() =>
            document.querySelectorAll("[data-state=failed]").length === 1
          );
          await page.fill("#slide-filter", "b");
          await page.locator("#slide-filter").blur();
          assertEquals(await page.textContent("#slide-count"), "1 of 4");
          await page.keyboard.press("PageDown");
          await untilAddress(page, /^#slide=b&x=/);
          assertEquals(await page.inputValue("#slide-filter"), "b");
          problems.splice(0); // the browser prints answers of 500
        },
      );
      await t.step(
        "an address leads to its place, and unknown slides are said",
        async () => {
          await page.goto(
            `${server.url}#slide=${folder.slice(1)}/d&x=250&y=150&zoom=2`,
          );
          await untilAddress(page, /^#slide=d&x=250&y=150&zoom=2$/);
          await untilRed(page, box.width / 2, box.height / 2);
          await page.context().grantPermissions([
            "clipboard-read",
            "clipboard-write",
          ]);
          await page.keyboard.press("y");
          await page.waitForFunction(() =>
            document.getElementById("notice")?.textContent === "Link copied"
          );
          assertEquals(
            await page.evaluate(() => navigator.clipboard.readText()),
            page.url(),
          );
          await page.evaluate(() => location.hash = "#slide=e&x=1&y=1&zoom=1");
          await page.waitForSelector("#notice:not([hidden])");
          assertEquals(
            await page.textContent("#notice"),
            "There is no slide “e” here.",
          );
          await page.evaluate(() =>
            location.hash = "#slide=b&x=250&y=150&zoom=2"
          );
          await page.waitForFunction(() =>
            document.getElementById("name")?.textContent === "b"
          );
          await untilAddress(page, /^#slide=b&x=250&y=150&zoom=2$/);
          assertEquals(problems, []);
        },
      );
      await t.step(
        "a turned slide is drawn and clicked where it is",
        async () => {
          await page.keyboard.press("r");
          await untilAddress(page, /&x=250&y=150&zoom=2&rotation=90$/);
          await page.waitForSelector(".object");
          // Level-0 pixel 210, 190 is 40 left of and 40 below the center: turned, 80 px above and 80 to the left.
          await page.mouse.click(box.width / 2 - 80, box.height / 2 - 80);
          await page.waitForSelector('.object[aria-selected="true"]');
          await page.mouse.click(box.width / 2 - 80, box.height / 2 - 120);
          await page.waitForFunction(() =>
            document.querySelector('.object[aria-selected="true"]') === null
          );
          await page.mouse.move(box.width / 2 - 81, box.height / 2 - 79);
          const text = await page.textContent("#readout");
          assert(text!.startsWith("x 210  y 190"), text!);
          // Rows of the screen run along columns of the slide, whose pixels are half as large.
          const bar = await page.locator("#scale-bar").boundingBox();
          const label = await page.textContent("#scale-label");
          assertEquals(label, "10 µm");
          assertAlmostEquals(bar!.width, 10 / 0.25 * 2, 0.5);
        },
      );
      await t.step(
        "distances and areas, in the slide's own units",
        async () => {
          await page.keyboard.press("l");
          const [x, y] = [box.width / 2, box.height / 2];
          await page.mouse.click(x, y);
          await page.mouse.click(x + 120, y); // 60 px along a column: 15 µm
          await page.mouse.click(x, y);
          await page.mouse.click(x + 60, y + 80); // 30 px of 0.25 µm and 40 px of 0.5 µm
          await page.keyboard.press("L");
          for (const [dx, dy] of [[0, 0], [80, 0], [80, 80], [0, 80]]) {
            await page.mouse.click(x + dx, y + dy);
          }
          await page.keyboard.press("Enter");
          assertEquals(await page.locator("#measured li").allTextContents(), [
            "15 µm",
            "21.4 µm",
            "200 µm², 60 µm around",
          ]);
          await page.keyboard.press("Escape");
          await page.keyboard.press("r");
          assertEquals(await page.locator("#measured li").count(), 3);
          const floats = ["#measuring", "#scale", ".beside", "#readout"];
          assertEquals(await overlaps(page, floats), []);
          assertEquals(await accessibilityProblems(page), []);
        },
      );
      await t.step("what is in sight is saved as it is", async () => {
        await untilAddress(page, /&x=250&y=150&zoom=2&rotation=180$/);
        await page.click("#measure-clear");
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.keyboard.press("s"),
        ]);
        assertEquals(download.suggestedFilename(), "b_x250_y150_2.png");
        const bytes = await Deno.readFile(await download.path());
        const { width, height, data, channels } = decode(bytes);
        assertEquals([width, height], [box.width, box.height]);
        const at = (x: number, y: number) => {
          const i = (y * width + x) * channels;
          return [...data.slice(i, i + 3)];
        };
        const [red, green] = at(390, 350);
        assert(red > 180 && green < 60, "the square");
        assertEquals(at(600, 350).every((value) => value > 220), true);
        // The outline of the object, at the square's edge.
        const [r, g] = at(390 + 100, 350);
        assert(g > r + 50, `the outline: ${at(490, 350)}`);
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
    "The viewer lists a thousand slides by the rows in sight (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const refuse = () => {
      throw new Error("no slide");
    };
    const wanted = new Set<number>();
    await using server = serveView({
      slides: Array.from({ length: 1000 }, (_, i) => ({ name: `slide ${i}` })),
      open: refuse,
      thumbnail: (number) => {
        wanted.add(number);
        return Promise.resolve(undefined);
      },
    });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.url}#slide=slide%20500`);
      const names = () => page.locator(".slide-name").allTextContents();
      await page.waitForSelector("#notice:not([hidden])");
      assertEquals(await page.textContent("#notice"), "no slide\n");
      const seen = await names();
      assert(seen.includes("slide 500") && seen.length < 20, seen.join());
      await page.focus("#slide-list");
      await page.keyboard.press("End");
      await page.waitForFunction(() =>
        document.querySelector("#slide-rows")?.lastElementChild?.textContent
          ?.includes("slide 999")
      );
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() =>
        document.getElementById("name")?.textContent === "slide 998"
      );
      assertEquals(new URL(page.url()).hash, "#slide=slide%20998");
      assert(wanted.size < 40, `${wanted.size} thumbnails`);
    } finally {
      await browser.close();
    }
  },
});
