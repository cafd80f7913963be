// The page of an evaluation, in a browser.
import { assert, assertEquals } from "@std/assert";
import {
  evaluateCounts,
  type EvaluationCounts,
} from "../../src/evaluate/evaluate_counts.ts";
import type { MatchKind } from "../../src/evaluate/object_matcher.ts";
import { batchReport } from "../../src/report/batch_report.ts";
import { evaluationPage } from "../../src/report/evaluation_page.ts";
import type { WorstObject } from "../../src/report/match_strips.ts";
import { accessibilityProblems, SCHEMES, SIZES } from "./check_page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

const blank = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
const name = "TCGA-G9-6362-01Z-00-DX1.9FB4ED7A-9D3D-4B3C-8F60-2E3C8C5F6B5D";

function countsOf(found: number): EvaluationCounts {
  const histogram = (from: number) =>
    Float64Array.from({ length: 256 }, (_, byte) => byte >= from ? 10 : 0);
  const counts = { truePositive: found, falsePositive: 9, falseNegative: 2 };
  return {
    ...{ pixels: counts, objects: counts },
    histograms: [histogram(0), histogram(128)],
  };
}

const rowOf = (name: string, found: number) => ({
  ...{ name, variant: "predicted", scored: "mask" as const, threshold: 0.5 },
  evaluation: evaluateCounts([countsOf(found)]),
  uncertainty: { areaPx: found * 100, objects: 20 - found },
});

const worst = (["hit", "miss", "falseAlarm"] as const).flatMap((kind) =>
  Array.from({ length: 10 }, (_, i): WorstObject => ({
    ...{ kind, slide: name, x: 100 * i, y: 50, areaPx: 1234 },
    picture: {
      ...{ side: 300, size: 150, photo: blank },
      path: "M10,10 90,10 90,90z",
    },
  }))
);
const outline = { count: 1234, drawn: 1, path: "M10,10 90,10 90,90z" };
const outlines: Record<MatchKind, typeof outline> = {
  ...{ hit: outline, miss: outline, falseAlarm: outline },
};
const html = evaluationPage({
  overall: [rowOf("all", 12)],
  slides: [rowOf("b", 2), rowOf(name, 10), rowOf("a 10", 9), rowOf("a 9", 0)],
  settings: { predicted: "results", labels: ["labels"] },
  worst,
  pictures: [{
    ...{ name, dice: 0.5, width: 400, height: 300, scale: 8, slide: blank },
    outlines,
  }],
});
const entry = { width: 9, height: 9, positiveFraction: 0.1, milliseconds: 5 };
const batch = (await Array.fromAsync(batchReport([
  { name: "x", entry: { ...entry, name: "x", objects: 3, uncertainPx: 5 } },
  { name: "y", entry: { ...entry, name: "y", objects: 20 } },
  { name: "z", entry: { ...entry, name: "z", objects: 100, uncertainPx: 70 } },
], {}))).join("");

Deno.test({
  name:
    "The page of an evaluation is accessible at all sizes, light and dark (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const browser = await launchChromium();
    try {
      for (const [width, height] of SIZES) {
        for (const colorScheme of SCHEMES) {
          await t.step(`${width} px, ${colorScheme}`, async () => {
            const page = await browser.newPage({
              viewport: { width, height },
              ...{ colorScheme, bypassCSP: true }, // for axe
            });
            for (const content of [html, batch]) {
              await page.setContent(content);
              const wide = await page.evaluate(
                "document.documentElement.scrollWidth",
              );
              assertEquals(wide, width, "it scrolls sideways");
              assertEquals(await accessibilityProblems(page), []);
            }
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
  name:
    "Tables sort by value, by mouse and keyboard, and kinds of matches hide (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => problems.push(message.text()));
      await page.setContent(html);
      const slides = page.locator("section", {
        has: page.getByRole("heading", { name: "Slides", exact: true }),
      });
      const names = () => slides.locator("td:first-child").allTextContents();
      const sorted = () =>
        slides.locator("[aria-sort]").evaluateAll((heads) =>
          heads.map((one) => `${one.textContent} ${one.ariaSort}`)
        );
      assertEquals(await names(), ["b", name, "a 10", "a 9"]);
      await slides.getByRole("button", { name: "objects found" }).click();
      assertEquals(await names(), [name, "a 10", "b", "a 9"]);
      assertEquals(await sorted(), ["objects found descending"]);
      const first = slides.getByRole("button", { name: "slide" });
      await first.focus();
      await page.keyboard.press("Enter");
      assertEquals(await names(), ["a 9", "a 10", "b", name]);
      await page.keyboard.press("Space");
      assertEquals(await names(), [name, "b", "a 10", "a 9"]);
      assertEquals(await sorted(), ["slide descending"]);

      const misses = page.locator('svg.matches g[data-kind="miss"]');
      assert(await misses.isVisible());
      await page.getByRole("checkbox", { name: /Misses/ }).uncheck();
      assertEquals(await misses.isVisible(), false);
      const link = page.locator(".strip a").first();
      assertEquals(
        await link.getAttribute("href"),
        `http://127.0.0.1:8473/#slide=${name}&x=0&y=50&zoom=1.67`,
      );

      // What is unknown comes last in both orders.
      await page.setContent(batch);
      const cells = () =>
        page.locator("tbody td:nth-child(2) br").evaluateAll((breaks) =>
          breaks.map((one) => one.previousSibling!.textContent)
        );
      const uncertain = page.getByRole("button", { name: "Uncertain area" });
      await uncertain.click();
      assertEquals(await cells(), ["z", "x", "y"]);
      await uncertain.click();
      assertEquals(await cells(), ["x", "z", "y"]);
      assertEquals(problems, []);
    } finally {
      await browser.close();
    }
  },
});
