import { areaOf } from "../../pages/view/edit/shapes.ts";
import { Corrections } from "../../src/corrections/corrections.ts";
import { editView } from "../../src/view/edit_view.ts";
import { openView } from "../../src/view/open_view.ts";
import { readObjects } from "../../src/view/read_objects.ts";
import { serveView, type ViewServer } from "../../src/view/serve_view.ts";
import { oneView } from "../../src/view/view.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { accessibilityProblems, overlaps } from "./check_page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
} from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const [width, height] = [900, 600];

/** What lies over or beside the slide; none may hide another. */
const FLOATS = [
  "#edit",
  ".buttons",
  ".navigator",
  "#scale",
  "#readout",
  "aside",
];

/** Squares of 100 pixels at these places. */
const places = [[100, 100], [400, 100], [700, 100], [100, 400], [400, 400]];

const side = 100;

function squareAt(x: number, y: number): number[][] {
  return [[x, y, x + side, y, x + side, y + side, x, y + side]];
}

const ids = places.map((_, i) => `8e1f4c2a-0000-8000-8000-00000000000${i}`);

/** A gray slide of squares that are corrected, and a server of it. */
async function openEditable(folder: string) {
  const slide = `${folder}/slide.tif`;
  const pixels = new Uint8Array(width * height * 3).fill(230);
  await Deno.writeFile(slide, await makeTiff([{ width, height, pixels }]));
  await Deno.mkdir(`${folder}/corrected`);
  const source = `${folder}/slide.geojson`;
  const path = `${folder}/corrected/slide.corrected.geojson`;
  const features = places.map(([x, y], i) => ({
    type: "Feature",
    id: ids[i],
    geometry: {
      type: "Polygon",
      coordinates: [[[0, 0], [side, 0], [side, side], [0, side], [0, 0]]
        .map(([dx, dy]) => [x + dx, y + dy])],
    },
    properties: {
      objectType: "detection",
      isLocked: true,
      classification: i < 2
        ? { name: "Tumor", color: [200, 0, 0] }
        : { name: "Stroma", color: [0, 0, 200] },
      measurements: { "Mean probability": 0.9, "Someone's": 3 },
    },
  }));
  await Deno.writeTextFile(source, JSON.stringify(features));
  const view = await openView(slide, {});
  return {
    view,
    path,
    features,
    async serve(port?: number) {
      const corrections = await Corrections.open(path, {
        slide: view.description,
        source,
        by: "somebody",
      });
      const edited = editView(view, corrections, {
        token: crypto.randomUUID(),
      });
      return serveView(oneView(() => edited), { port });
    },
    /** The objects of the file. */
    read: () => readObjects(path),
    /** An object of the file, by the number that the page gives it. */
    async find(number: number) {
      return (await readObjects(path)).find(({ id }) => id === ids[number - 1]);
    },
    /** The features of the file. */
    async readFeatures() {
      return JSON.parse(await Deno.readTextFile(path)).features;
    },
  };
}

/** Opens the page, and fails if it complains. */
async function openPage(
  browser: Browser,
  { server, problems }: { server: ViewServer; problems: string[] },
  options: BrowserContextOptions = { viewport: { width: 1300, height: 800 } },
): Promise<Page> {
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => problems.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(server.url);
  await page.locator("#edit").waitFor();
  await page.waitForTimeout(300);
  return page;
}

/** Where a level-0 pixel lies on the page that shows the whole slide. */
async function place(
  page: Page,
  [x, y]: readonly number[],
): Promise<[number, number]> {
  const box = (await page.locator("#viewer").boundingBox())!;
  const zoom = Math.min(box.width / width, box.height / height);
  return [
    box.x + (box.width - width * zoom) / 2 + x * zoom,
    box.y + (box.height - height * zoom) / 2 + y * zoom,
  ];
}

/** Draws a line with the mouse, through level-0 pixels. */
async function draw(page: Page, points: readonly (readonly number[])[]) {
  const spots = await Promise.all(points.map((point) => place(page, point)));
  await page.mouse.move(...spots[0]);
  await page.mouse.down();
  for (const spot of spots.slice(1)) {
    await page.mouse.move(...spot, { steps: 4 });
  }
  await page.mouse.up();
}

async function click(page: Page, point: readonly number[]) {
  await page.mouse.click(...await place(page, point));
}

async function saved(page: Page) {
  await page.locator("#saved", { hasText: /^Saved$/ }).waitFor();
}

Deno.test({
  name: "The tools of the page correct objects (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-edit-" });
    const { view, features, serve, read, find, readFeatures } =
      await openEditable(folder);
    await using _ = view;
    await using server = await serve();
    const browser = await launchChromium();
    try {
      const problems: string[] = [];
      const page = await openPage(browser, { server, problems });
      const press = (key: string) => page.keyboard.press(key);
      const said = () => page.textContent("#said");
      const escape = async () => {
        await press("Escape");
        await press("Escape");
      };
      const last = async () => (await read()).at(-1)!;
      const stateOf = async (number: number) => (await find(number))?.state;
      /** Checks that the file holds what it began with, feature by feature. */
      const isFirst = async () => assertEquals(await readFeatures(), features);
      await t.step(
        "accept and reject go through the list by one key",
        async () => {
          await press("a"); // the first undecided one is shown
          await press("a");
          await press("x");
          await press("a");
          await saved(page);
          assertEquals(await Promise.all([1, 2, 3, 4, 5].map(stateOf)), [
            "accepted",
            "rejected",
            "accepted",
            undefined,
            undefined,
          ]);
          assertEquals(
            await page.textContent("#undecided"),
            "2 of 5 undecided",
          );
          await press("0");
          await page.waitForTimeout(800);
        },
      );
      await t.step("undo takes back all, redo does it again", async () => {
        for (let i = 0; i < 4; i++) await press("u");
        assertEquals(await said(), "There is nothing to undo.");
        await saved(page);
        await isFirst();
        await press("U");
        await press("Control+Shift+Z");
        await saved(page);
        assertEquals(await Promise.all([1, 2].map(stateOf)), [
          "accepted",
          "rejected",
        ]);
        await press("Control+z");
        await press("Control+z");
        await escape();
      });
      await t.step("a class by number, by menu, and a new one", async () => {
        await click(page, [150, 150]);
        await press("1");
        await saved(page);
        assertEquals((await find(1))!.name, "Stroma");
        assertEquals(await stateOf(1), "changed");
        await press("c");
        await page.getByRole("button", { name: "2 Tumor" }).click();
        await press("c");
        await page.getByLabel("New class").fill("Necrosis");
        await press("Enter");
        await saved(page);
        assertEquals((await find(1))!.name, "Necrosis");
        await press("3"); // the new one has the next number
        for (let i = 0; i < 3; i++) await press("u");
        await saved(page);
        await isFirst();
        await escape();
      });
      await t.step("polygon: corners, Backspace, Enter", async () => {
        await press("g");
        for (const [x, y] of [[250, 250], [350, 250], [350, 350], [9, 9]]) {
          await click(page, [x, y]);
        }
        await press("Backspace");
        await press("Enter");
        await saved(page);
        const drawn = await last();
        assertEquals([drawn.state, drawn.name], ["drawn", "Necrosis"]);
        assertAlmostEquals(areaOf(drawn.rings), 5000, 100);
        assertEquals(await page.textContent("#count"), "6");
      });
      await t.step(
        "brush adds to the selected object, and begins one",
        async () => {
          await press("d");
          await draw(page, [[300, 300], [300, 400]]);
          await saved(page);
          assert(areaOf((await last()).rings) > 6000);
          assertEquals((await read()).length, 6);
          await press("u");
          await press("Enter");
          await draw(page, [[600, 450], [700, 450]]);
          await saved(page);
          assertEquals((await read()).length, 7);
          // A stadium: 24 pixels of the screen are its width.
          const [x, right] = await Promise.all(
            [0, 100].map((x) => place(page, [x, 0])),
          );
          const pen = 28 * 100 / (right[0] - x[0]);
          const expected = 100 * pen + Math.PI * (pen / 2) ** 2;
          assertAlmostEquals(
            areaOf((await last()).rings),
            expected,
            expected * 0.03,
          );
          await press("Escape");
        },
      );
      await t.step(
        "strokes over the edge are cut off at the slide",
        async () => {
          await press("Escape");
          await press(".");
          await press("d");
          await draw(page, [[850, 300], [940, 300]]);
          await saved(page);
          const xs = (await last()).rings.flat().filter((_, i) => i % 2 === 0);
          assertEquals(Math.max(...xs), width);
          await press("Delete");
          await saved(page);
          assertEquals((await read()).length, 7);
        },
      );
      await t.step(
        "eraser: a part, and the whole, which removes it",
        async () => {
          await escape();
          await press("e");
          await draw(page, [[105, 105], [200, 105]]);
          await saved(page);
          assert(areaOf((await find(1))!.rings) < 9500);
          assertEquals(await stateOf(1), "changed");
          for (let i = 0; i < 9; i++) await press(".");
          await draw(page, [[105, 150], [195, 150], [150, 100], [150, 200]]);
          await saved(page);
          assertMatch(await said() ?? "", /#1 is erased whole: removed\./);
          assertEquals(await find(1), undefined);
          await press("u");
          await press("u");
          await saved(page);
          assertEquals((await find(1))!.rings, squareAt(100, 100));
          assertEquals(await stateOf(1), undefined);
        },
      );
      await t.step("split and merge", async () => {
        await escape();
        await press("k");
        await draw(page, [[450, 380], [450, 450]]);
        assertMatch(await said() ?? "", /edge to edge/);
        await draw(page, [[440, 380], [440, 520]]);
        await saved(page);
        const [one, two] = [(await find(5))!, await last()];
        assertEquals([one.state, two.state], ["changed", "drawn"]);
        assertAlmostEquals(areaOf(one.rings), 6000, 60);
        assertAlmostEquals(areaOf(two.rings), 4000, 60);
        assertEquals(two.name, "Stroma");
        await escape();
        await page.keyboard.down("Shift");
        await draw(page, [[390, 390], [510, 510]]);
        await page.keyboard.up("Shift");
        await press("j");
        await saved(page);
        const joined = (await find(5))!;
        assertAlmostEquals(areaOf(joined.rings), 10_000, 1);
        assertEquals(joined.rings.length, 1);
        assertEquals((await last()).id === two.id, false);
        await press("u");
        await press("u");
        await saved(page);
        assertEquals((await find(5))!.rings, squareAt(400, 400));
      });
      await t.step(
        "a region is drawn as a rectangle, and does not count",
        async () => {
          const count = await page.textContent("#count");
          await press("w");
          await draw(page, [[50, 350], [250, 550]]);
          await saved(page);
          const { name, state, rings } = await last();
          assertEquals([name, state, rings.length], ["Region*", "drawn", 1]);
          assertEquals(await page.textContent("#count"), count);
          await page.selectOption("#state-filter", "region");
          assertEquals(await page.locator(".object").count(), 1);
          await page.selectOption("#state-filter", "");
        },
      );
      await t.step(
        "an outline that crosses itself is made simple, and said",
        async () => {
          await escape();
          await press("g");
          for (
            const [x, y] of [[610, 300], [690, 380], [690, 300], [610, 380]]
          ) {
            await click(page, [x, y]);
          }
          await press("Enter");
          await saved(page);
          assertMatch(await said() ?? "", /crossed itself/);
          assertEquals((await last()).rings.length, 2);
        },
      );
      await t.step("all is undone, and the file is as it was", async () => {
        for (let i = 0; i < 20; i++) await press("u");
        assertEquals(await said(), "There is nothing to undo.");
        await saved(page);
        await isFirst();
      });
      assertEquals(problems, []);
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "Changes are kept until they are saved, and two windows do not overwrite each other (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-edit-" });
    const { view, serve, find } = await openEditable(folder);
    await using _ = view;
    let server = await serve();
    const browser = await launchChromium();
    try {
      const problems: string[] = [];
      const one = await openPage(browser, { server, problems });
      const two = await openPage(browser, { server, problems });
      const choose = async (page: Page, number: number) => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await click(page, places[number - 1].map((value) => value + 50));
        await page.locator('.object[aria-selected="true"]').waitFor();
      };
      const stateOf = async (number: number) => (await find(number))?.state;
      const trouble = async (page: Page, text: RegExp) =>
        await page.locator("#trouble-text", { hasText: text }).waitFor();
      /** Answers a page's changes in place of the server. */
      const refuse = (page: Page, answer: { status: number; body: string }) =>
        page.route(
          "**/corrections",
          (route) =>
            route.request().method() === "POST"
              ? route.fulfill(answer)
              : route.continue(),
        );
      const button = (page: Page, name: string) =>
        page.getByRole("button", { name, exact: true }).click();
      await t.step(
        "what another window changed comes with the next answer",
        async () => {
          await choose(one, 1);
          await one.keyboard.press("1");
          await saved(one);
          await choose(two, 2);
          await two.keyboard.press("1");
          await saved(two);
          await two.locator('.object:has-text("#1") .state').waitFor();
          assertEquals(await two.locator(".object .state").count(), 2);
        },
      );
      await t.step(
        "its change of the same object is shown, and one is kept",
        async () => {
          await choose(one, 2); // not yet known to be changed
          await one.keyboard.press("x");
          await trouble(
            one,
            /Another window changed #2\. .*changed, Stroma.*rejected/,
          );
          assertEquals(await stateOf(2), "changed");
          assertEquals(await one.textContent("#saved"), "Not saved");
          await button(one, "Take theirs");
          await saved(one);
          assertEquals(await stateOf(2), "changed");
          await one.keyboard.press("u");
          assertMatch(
            await one.textContent("#said") ?? "",
            /another window has changed the object since/,
          );
          // Now the other way around.
          await one.keyboard.press("Escape");
          await one.keyboard.press("0");
          await one.waitForTimeout(600);
          await choose(one, 4);
          await one.keyboard.press("2");
          await saved(one);
          await choose(two, 4);
          await two.keyboard.press("x");
          await trouble(two, /Another window changed #4/);
          await button(two, "Keep mine");
          await saved(two);
          assertEquals(await stateOf(4), "rejected");
        },
      );
      await t.step(
        "a full disk: nothing is lost, and it is tried again",
        async () => {
          await refuse(two, { status: 507, body: "The disk is full." });
          await two.keyboard.press("0");
          await two.waitForTimeout(600);
          await choose(two, 5);
          await two.keyboard.press("2");
          await trouble(
            two,
            /Not saved: The disk is full\. .* tried again in \d+ s/,
          );
          assertEquals(await stateOf(5), undefined);
          const asked = two.waitForEvent("dialog", { timeout: 5000 });
          await two.evaluate(() => void setTimeout(() => location.reload()));
          const dialog = await asked;
          assertEquals(dialog.type(), "beforeunload");
          await dialog.dismiss();
          await two.unroute("**/corrections");
          await button(two, "Try now");
          await saved(two);
          assertEquals(await stateOf(5), "changed");
        },
      );
      await t.step("a server that ends and starts again", async () => {
        const port = Number(new URL(server.url).port);
        await server[Symbol.asyncDispose]();
        await two.keyboard.press("u");
        await trouble(two, /Not saved: The server does not answer\./);
        await two.keyboard.press("U"); // meanwhile, work goes on
        await choose(two, 3);
        await two.keyboard.press("2");
        server = await serve(port);
        await button(two, "Try now");
        await saved(two);
        assertEquals(await Promise.all([3, 5].map(stateOf)), [
          "changed",
          "changed",
        ]);
      });
      await t.step(
        "the page shows the same when it is opened again",
        async () => {
          const rows = () => two.locator(".object").allTextContents();
          const before = await rows();
          await two.reload();
          await two.locator(".object").first().waitFor();
          assertEquals(await rows(), before);
          assertEquals(before.filter((text) => text.includes("Δ")).length, 4);
          assertEquals(before.filter((text) => text.includes("×")).length, 1);
          await two.waitForTimeout(300);
          await choose(two, 3);
        },
      );
      await t.step(
        "a change that the server refuses can be taken back",
        async () => {
          await refuse(two, { status: 400, body: "It is too entangled." });
          await two.keyboard.press("1");
          await trouble(
            two,
            /The server does not take #3: It is too entangled\./,
          );
          await two.unroute("**/corrections");
          await button(two, "Take it back");
          await saved(two);
          assertEquals((await find(3))!.name, "Tumor");
        },
      );
      // What Chromium itself says of requests that failed.
      const others = problems.filter((text) =>
        !/^Failed to load resource/.test(text)
      );
      assertEquals(others, []);
    } finally {
      await browser.close();
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "On a phone one finger draws, two fingers move the slide, and buttons are large enough (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-edit-" });
    const { view, serve, read } = await openEditable(folder);
    await using _ = view;
    await using server = await serve();
    const browser = await launchChromium();
    try {
      const problems: string[] = [];
      const page = await openPage(browser, { server, problems }, {
        viewport: { width: 390, height: 844 },
        deviceScaleFactor: 2,
        hasTouch: true,
      });
      for (const button of await page.locator("#edit button:visible").all()) {
        const box = (await button.boundingBox())!;
        assert(box.width >= 40 && box.height >= 40, await button.innerText());
      }
      assertEquals(await accessibilityProblems(page), []);
      assertEquals(await overlaps(page, FLOATS), []);
      const session = await page.context().newCDPSession(page);
      /** Moves fingers, each along its spots. */
      const touch = async (...fingers: readonly [number, number][][]) => {
        const points = (step: number) =>
          fingers.map((spots, id) => ({
            x: spots[step][0],
            y: spots[step][1],
            id,
          }));
        const send = (
          type: "touchStart" | "touchMove" | "touchEnd",
          step = -1,
        ) =>
          session.send("Input.dispatchTouchEvent", {
            type,
            touchPoints: step < 0 ? [] : points(step),
          });
        await session.send("Input.dispatchTouchEvent", {
          type: "touchStart",
          touchPoints: points(0).slice(0, 1),
        });
        await send("touchStart", 0);
        for (let i = 1; i < fingers[0].length; i++) await send("touchMove", i);
        await send("touchEnd");
      };
      await page.keyboard.press("0");
      await page.waitForTimeout(600);
      await page.getByRole("button", { name: "Brush" }).tap();
      const [from, to] = [
        await place(page, [250, 300]),
        await place(page, [650, 300]),
      ];
      await touch([from, [(from[0] + to[0]) / 2, from[1]], to]);
      await saved(page);
      const drawn = (await read()).at(-1)!;
      const xs = drawn.rings[0].filter((_, i) => i % 2 === 0);
      const zoom = (to[0] - from[0]) / 400;
      assertAlmostEquals(Math.min(...xs), 250 - 14 / zoom, 3);
      assertAlmostEquals(Math.max(...xs), 650 + 14 / zoom, 3);
      const scale = () => page.textContent("#scale-label");
      const before = await scale();
      const [x, y] = await place(page, [450, 300]);
      await touch(
        [[x - 20, y], [x - 40, y], [x - 100, y]],
        [[x + 20, y], [x + 40, y], [x + 100, y]],
      );
      await page.waitForTimeout(300);
      assert(await scale() !== before);
      assertEquals((await read()).length, 6);
      const dark = await openPage(browser, { server, problems }, {
        viewport: { width: 1440, height: 900 },
        colorScheme: "dark",
      });
      await dark.keyboard.press("a");
      await dark.keyboard.press("x");
      await dark.getByRole("button", { name: "Class", exact: true }).click();
      assertEquals(await accessibilityProblems(dark), []);
      await dark.keyboard.press("Escape");
      assertEquals(await accessibilityProblems(dark), []);
      assertEquals(await overlaps(dark, FLOATS), []);
      // A quarter turn clockwise: what goes to the right goes up on the slide.
      await dark.keyboard.press("0");
      await dark.keyboard.press("r");
      await dark.waitForTimeout(800);
      await dark.keyboard.press("Escape");
      await dark.keyboard.press("d");
      const box = (await dark.locator("#viewer").boundingBox())!;
      const [left, middle] = [box.x + box.width / 2, box.y + box.height / 2];
      await dark.mouse.move(left, middle);
      await dark.mouse.down();
      await dark.mouse.move(left + 100, middle, { steps: 5 });
      await dark.mouse.up();
      await saved(dark);
      const turned = (await read()).at(-1)!.rings[0];
      const [across, along] = [0, 1].map((axis) =>
        turned.filter((_, i) => i % 2 === axis)
      );
      const middleOf = (values: number[]) =>
        (Math.min(...values) + Math.max(...values)) / 2;
      assertAlmostEquals(middleOf(across), width / 2, 3);
      assert(middleOf(along) < height / 2 - 20);
      assertEquals(problems, []);
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
