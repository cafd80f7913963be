import { chromiumPath, launchChromium } from "./chromium.ts";
import { disposable, madeUp, show } from "./made_up_view.ts";
import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import type { Page } from "playwright-core";

/** A part of the viewer, once it no longer changes. */
async function still(
  page: Page,
  part: { readonly x: number; readonly y: number },
) {
  const box = (await page.locator("#viewer").boundingBox())!;
  const clip = {
    x: box.x + part.x,
    y: box.y + part.y,
    width: box.width - 2 * part.x,
    height: box.height - 2 * part.y,
  };
  let last = new Uint8Array();
  for (let same = 0; same < 3;) {
    const next = new Uint8Array(await page.screenshot({ clip }));
    same = next.toHex() === last.toHex() ? same + 1 : 0;
    last = next;
    await page.waitForTimeout(60);
  }
  return decode(last);
}

/** For each column, its mean difference from the next one. */
function steps(
  { width, height, data, channels }: Awaited<ReturnType<typeof still>>,
): number[] {
  return Array.from({ length: width - 1 }, (_, x) => {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < 3; k++) {
        const at = (y * width + x) * channels + k;
        sum += Math.abs(data[at] - data[at + channels]);
      }
    }
    return sum / height;
  });
}

const side = 2048;
/** A wave of three levels a pixel; the border of tiles at 1024 is in the middle of a slope. */
const wave = (at: number) => 30 + 3 * Math.abs((at + side - 32) % 128 - 64);

Deno.test({
  name: "No line shows where tiles meet, at any zoom (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    await using browser = disposable(await launchChromium());
    const view = {
      ...madeUp({ width: side, height: side }, (x) => [
        ...[wave(x), wave(x), wave(x)] as const,
      ]),
      objects: [{ rings: [[0, 0, 4, 0, 4, 4]], area: 8 }],
    };
    await using shown = await show(view, { ...browser, size: [1101, 701] });
    const { page } = shown;
    for (const presses of [4, 4]) {
      for (let i = 0; i < presses; i++) await page.keyboard.press("+");
      const found = steps(await still(page, { x: 60, y: 180 }));
      const zoom = parseFloat((await page.textContent("#readout"))!) / 100;
      // The border of tiles is in the middle; its neighbors are as far as a pixel of the slide.
      const middle = found.length / 2;
      const isNear = (_: number, x: number) => Math.abs(x - middle) < zoom + 3;
      const near = Math.max(...found.filter(isNear));
      const within = found.filter((_, x) => Math.abs(x - middle) > 20);
      const most = Math.max(...within);
      assert(most > 0.5, `the wave is in sight at ${zoom}`);
      assert(near <= most * 1.02, `${near} at the border, ${most} elsewhere`);
    }
  },
});

Deno.test({
  name:
    "The readout follows keys, and outlines wait for the slide (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    await using browser = disposable(await launchChromium());
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    const size = { width: 900, height: 600 };
    const view = madeUp(size, (x) => [Math.floor(x / 4), 0, 0]);
    await using shown = await show(view, {
      ...browser,
      size: [1100, 700],
      async prepare(page) {
        await page.route("**/tiles/slide/**", async (route) => {
          await held;
          await route.continue();
        });
      },
    });
    const { page } = shown;
    const drawn = () =>
      page.evaluate<boolean>(`(() => {
        const canvas = document.querySelector(".outlines");
        const { width, height } = canvas;
        return canvas.getContext("2d")
          .getImageData(0, 0, width || 1, height || 1).data.some(Boolean);
      })()`);
    await t.step("outlines wait for the slide", async () => {
      await page.keyboard.press("+");
      await page.waitForTimeout(300);
      assertEquals(await page.textContent("#count"), "1");
      assertEquals(await drawn(), false);
      release();
      for (let i = 0; i < 40 && !await drawn(); i++) {
        await page.waitForTimeout(50);
      }
      assertEquals(await drawn(), true);
    });
    await t.step("the readout is of the pixel under the pointer", async () => {
      await page.keyboard.press("0");
      const box = (await page.locator("#viewer").boundingBox())!;
      const place = [box.x + box.width / 2, box.y + box.height / 2] as const;
      await page.mouse.move(...place);
      let last = 0;
      for (const key of ["ArrowRight", "+", "ArrowLeft", "0"]) {
        await page.keyboard.press(key);
        const { data, width, channels } = await still(page, { x: 0, y: 0 });
        const at = Math.round(box.height / 2) * width + box.width / 2;
        const readout = (await page.textContent("#readout"))!;
        const x = Number(/^x (\d+)/.exec(readout)?.[1]);
        assert(Math.abs(x - data[at * channels] * 4 - 2) < 5, readout);
        assert(x !== last || key === "+", `${readout} after ${key}`);
        last = x;
      }
    });
  },
});

Deno.test({
  name: "The navigator is in sight for any shape and window (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    await using browser = disposable(await launchChromium());
    for (const [width, height] of [[9000, 60], [600, 900]]) {
      const view = madeUp({ width, height });
      await using shown = await show(view, { ...browser, size: [1100, 700] });
      const { page } = shown;
      const loaded = performance.now();
      for (const size of [[320, 480], [700, 260]]) {
        await page.setViewportSize({ width: size[0], height: size[1] });
        await page.waitForTimeout(100);
        const whole = (await page.locator("#viewer").boundingBox())!;
        const box = (await page.locator(".navigator").boundingBox())!;
        const what = `${width}×${height} in ${size}: ${JSON.stringify(box)}`;
        assert(box.width >= 30 && box.height >= 30, what);
        assert(box.width <= Math.max(32, whole.width / 3 + 1), what);
        assert(box.height <= Math.max(32, whole.height / 3 + 1), what);
        assert(box.x + box.width <= whole.x + whole.width, what);
      }
      if (width > height) continue;
      // OpenSeadragon's controls fade after two seconds, and are gone after another one and a half.
      await page.waitForTimeout(3700 - (performance.now() - loaded));
      const opacity = await page.evaluate<number>(`(() => {
        let opacity = 1;
        for (let at = document.querySelector(".navigator"); at; at = at.parentElement) {
          opacity *= getComputedStyle(at).opacity;
        }
        return opacity;
      })()`);
      assertEquals(opacity, 1);
    }
  },
});
