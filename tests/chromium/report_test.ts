import { summarizeMask } from "../../src/masks/summarize_mask.ts";
import { areaHistogram } from "../../src/report/area_histogram.ts";
import { batchReport } from "../../src/report/batch_report.ts";
import { curveChart } from "../../src/report/curve_chart.ts";
import { markup } from "../../src/report/markup.ts";
import { pageShell } from "../../src/report/page_shell.ts";
import { settingsTable } from "../../src/report/run_card.ts";
import { slideReport } from "../../src/report/slide_report.ts";
import { trainPage } from "../../src/train/page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { assert, assertEquals } from "@std/assert";

const long = "TCGA-G9-6362-01Z-00-DX1.9FB4ED7A-9D3D-4B3C-8F60-2E3C8C5F6B5D";
const settings = { weights: `runs/${long}.safetensors`, lr: "1e-7" };
const history = Array.from({ length: 30 }, (_, i) => ({
  epoch: i + 1,
  trainLoss: 0.3 * Math.exp(-i / 8),
  valLoss: 0.4 * Math.exp(-i / 9),
  dice: 0.97 - 0.04 * Math.exp(-i / 6),
  learningRate: 1e-6 * (i + 1),
}));
const curves = ["plain tiles", "expansion 128", "expansion 256"].map((
  name,
  i,
) => ({ name, color: "#3b82c4", points: [[0, 0.1 * i], [64, 0.2]] as const }));
const chart = curveChart({
  title: "Disagreement near tile borders",
  x: "distance from the tile border (px)",
  curves,
  percent: true,
});
const entry = {
  ...{ name: long, width: 123456, height: 98765, objects: 1234567 },
  ...{ medianUm2: 123456, positiveFraction: 1e-9, milliseconds: 1e8 },
  thumbnail: "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
};

const pages: Record<string, string> = {
  training: await trainPage({
    ...{ title: long, epochs: 50, history, settings, done: true },
  }),
  batch: (await Array.fromAsync(batchReport([
    { name: long, entry },
    { name: `${long}.svs`, error: "Cannot open it" },
  ], { date: new Date(0) }))).join(""),
  charts: pageShell({
    title: "charts",
    body: markup`<div class="cards"><section class="card">${chart}</section>
<section class="card">${
      areaHistogram([1, 2, 3, 90_000_000], { unit: "µm²" })
    }</section>
<section class="card">${settingsTable(settings)}</section></div>`,
  }),
};

Deno.test({
  name:
    "Pages are as wide as the window, and their text is 11 px or more (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const browser = await launchChromium();
    try {
      for (const [name, html] of Object.entries(pages)) {
        for (const width of [360, 768, 1280]) {
          await t.step(`${name} at ${width} px`, async () => {
            const page = await browser.newPage({
              viewport: { width, height: 800 },
            });
            await page.setContent(html);
            const found = await page.evaluate(`({
              width: document.documentElement.scrollWidth,
              least: Math.min(...[...document.querySelectorAll("text, td, th, p, span, dt")].map((element) => {
                const scale = element.ownerSVGElement?.getScreenCTM().a ?? 1;
                return parseFloat(getComputedStyle(element).fontSize) * scale;
              })),
              cut: [...document.querySelectorAll(".curves > text, .histogram > text")].filter((element) => {
                const text = element.getBoundingClientRect();
                const card = element.closest(".card").getBoundingClientRect();
                return text.left < card.left || text.right > card.right;
              }).map((element) => element.textContent),
            })`) as { width: number; least: number; cut: string[] };
            assertEquals(found.width, width, "it scrolls sideways");
            assert(found.least >= 11, `text of ${found.least} px`);
            assertEquals(found.cut, []);
            await page.close();
          });
        }
      }
    } finally {
      await browser.close();
    }
  },
});

Deno.test({
  name: "A report's picture zooms, moves and fits (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const blank = entry.thumbnail;
    const html = slideReport({
      summary: summarizeMask({
        slide: {
          ...{ name: long, width: 4000, height: 2000 },
          mpp: { x: 0.5, y: 0.5 },
        },
        areas: [],
        tiles: { seen: 1, skipped: 0 },
      }),
      areas: [],
      picture: {
        ...{ width: 500, height: 250, scale: 8 },
        ...{ slide: blank, outlines: blank, thumbnail: blank },
      },
      files: [],
      date: new Date(0),
    });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1100, height: 800 },
      });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => problems.push(message.text()));
      await page.setContent(html);
      const place = () =>
        page.evaluate(`(() => {
          const frame = document.querySelector(".viewer").getBoundingClientRect();
          const stage = document.querySelector(".stage").getBoundingClientRect();
          return [stage.left - frame.left, stage.top - frame.top, stage.width / frame.width];
        })()`) as Promise<[left: number, top: number, share: number]>;
      // It is drawn when its size is known, which is told in its own time.
      await page.waitForFunction(
        `document.querySelector(".stage").getBoundingClientRect().width > 0`,
      );
      const [fitLeft, , fitShare] = await place();
      assert(Math.abs(fitShare - 1) < 0.01, `it fits: ${fitShare}`);
      const label = () => page.textContent(".scalebar span");
      assertEquals(await label(), "200 µm");
      await page.locator(".viewer").focus();
      await page.keyboard.press("+");
      const [left, , share] = await place();
      assert(Math.abs(share - 1.5) < 0.01, `a key zooms: ${share}`);
      await page.keyboard.press("ArrowRight");
      assert(Math.abs((await place())[0] - left + 60) < 0.1, "a key moves it");
      await page.getByLabel("Zoom in").click();
      await page.getByLabel("Zoom in").click();
      assertEquals(await label(), "50 µm");
      await page.getByText("Fit", { exact: true }).click();
      assertEquals((await place())[0], fitLeft);
      const box = (await page.locator(".viewer").boundingBox())!;
      await page.mouse.move(box.x + 2, box.y + 2);
      await page.mouse.wheel(0, -300); // which comes to the page in its own time
      await page.waitForFunction(
        `document.querySelector(".scalebar span").textContent === "100 µm"`,
      );
      const zoomed = await place();
      const grown = zoomed[2] / fitShare;
      assert(
        Math.abs(grown - Math.exp(0.45)) < 0.01,
        `the wheel zooms ${grown}`,
      );
      assert(Math.abs(zoomed[0] - fitLeft) < 2, "around the pointer");
      await page.locator("input").fill("40");
      const outlines = page.locator(".outlines");
      assertEquals(await outlines.getAttribute("style"), "opacity: 0.4;");
      assertEquals(problems, []);
    } finally {
      await browser.close();
    }
  },
});
