import { summarizeMask } from "../masks/summarize_mask.ts";
import { slideReport, type SlideReportParts } from "./slide_report.ts";
import { readReportEntry } from "./report_entry.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const evil = `a</script><img src=x onerror=alert(1)>"'&`;
const picture = {
  width: 4,
  height: 3,
  scale: 2,
  slide: "data:image/jpeg;base64,AA==",
  outlines: "data:image/png;base64,AA==",
  thumbnail: "data:image/png;base64,AAA=",
};

function parts(areas: number[], more = {}): SlideReportParts {
  const summary = summarizeMask({
    slide: { name: evil, width: 8, height: 6, mpp: { x: 0.5, y: 0.5 } },
    areas,
    small: { count: 2, area: 2 },
    tiles: { seen: 3, skipped: 1 },
    settings: { class: evil, flips: false, nothing: undefined },
    model: [{
      architecture: "unext50",
      weights: evil,
      sha256: "00ff",
      normalization: { mean: [0.25, 0, 1], std: [0.5, 1, 0.125] },
    }],
    milliseconds: { read: 1000, predict: 3000, write: 0, total: 4000 },
    ...more,
  });
  const date = new Date("2026-01-02T03:04:05Z");
  return { summary, areas, picture, files: [`${evil}.json`], date };
}

Deno.test("slideReport() shows numbers, settings, model and time", () => {
  const page = slideReport(parts([4, 8]));
  for (
    const text of ["2 smaller objects", "SHA-256 00ff", "4 s", "75 %", "3 of 4"]
  ) assertStringIncludes(page, text);
  assertStringIncludes(page, "mean 0.25 0 1, standard deviation 0.5 1 0.125");
  assert(!page.includes("Warnings"));
  assertStringIncludes(page, "<title>1 to 1.1 µm²: 1</title>");
});

Deno.test("slideReport() lets no name become markup, and fetches nothing", () => {
  const page = slideReport(parts([4, 8]));
  assert(!page.includes("<img src=x"));
  assertEquals(page.match(/<script/g)?.length, 2);
  assertEquals(page.match(/<\/script/g)?.length, 2);
  assertStringIncludes(page, "&lt;/script&gt;&lt;img src=x");
  assertStringIncludes(page, "default-src 'none'");
  // No address but those of data, of files beside it, and of the viewer on this machine.
  for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert(/^data:|^\.\/[^/:]*$|^http:\/\/127\.0\.0\.1:8473\/#/.test(url), url);
  }
});

Deno.test("slideReport() shows what the run was warned of, before all else", () => {
  const page = slideReport(parts([4], { warnings: [evil, "second"] }));
  assertStringIncludes(page, "<li>second</li>");
  assert(!page.includes("<li>a</script>"));
  assert(page.indexOf("Warnings") < page.indexOf("Objects by area"));
});

Deno.test("slideReport() does without objects, scale, settings and times", () => {
  const page = slideReport(parts([], {
    slide: { name: "plain", width: 8, height: 6 },
    settings: undefined,
    model: undefined,
    milliseconds: undefined,
    small: undefined,
  }));
  assertStringIncludes(page, "No objects.");
  assert(!page.includes("undefined") && !page.includes("NaN"));
});

Deno.test("readReportEntry() reads what a page says of itself, from its head alone", () => {
  const page = slideReport(parts([4, 8]));
  assertEquals(readReportEntry(page.slice(0, 2000)), {
    name: evil,
    width: 8,
    height: 6,
    objects: 2,
    medianPx: 6,
    medianUm2: 1.5,
    positiveFraction: 14 / 48,
    milliseconds: 4000,
    thumbnail: picture.thumbnail,
  });
  assertEquals(readReportEntry("<html>"), undefined);
  assertEquals(readReportEntry(page.slice(0, 400)), undefined);
});
