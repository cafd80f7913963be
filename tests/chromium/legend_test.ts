import { chromiumPath, launchChromium } from "./chromium.ts";
import { disposable, madeUp, show } from "./made_up_view.ts";
import { assert, assertEquals } from "@std/assert";

const size = { width: 900, height: 600 };
/** Squares in rows; each of a class of its own but for the last, which is of the first class again. */
const objects = Array.from({ length: 301 }, (_, i) => {
  const [x, y] = [i % 25 * 36, Math.floor(i / 25) * 45];
  return {
    rings: [[x, y, x + 20, y, x + 20, y + 20, x, y + 20]],
    area: 400,
    name: ["Tumor: necrotic", "Tumor", ...[
      `Class ${i}`,
    ]][i % 300 < 2 ? i % 300 : 2],
    // The first two share a color, as classes of QuPath may.
    color: i % 300 < 2 ? [200, 0, 0] as const : [0, 0, i % 256] as const,
    measurements: {
      ...(i > 0 && { "Circularity": i / 300 }),
      "Area px^2": 400 + i,
    },
  };
});

Deno.test({
  name:
    "The legend has each of hundreds of classes, and objects can be colored by a measurement (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    await using browser = disposable(await launchChromium());
    const view = { ...madeUp(size), objects };
    await using shown = await show(view, { ...browser, size: [1100, 700] });
    const { page } = shown;
    const count = () => page.textContent("#count");
    const swatch = () =>
      page.locator(".object .swatch").first().evaluate((one) =>
        // deno-lint-ignore no-explicit-any -- an element of the page
        (one as any).style.background
      );

    await t.step("hundreds of classes scroll, and go together", async () => {
      const labels = page.locator("#classes label");
      assertEquals(await labels.count(), 301); // with that of all
      assertEquals(await labels.first().textContent(), "All classes301");
      assertEquals(await labels.nth(1).textContent(), "Tumor: necrotic2");
      const box = (await page.locator("#classes").boundingBox())!;
      assert(box.height <= 0.34 * 700 + 1, `${box.height}`);
      const list = (await page.locator("#list").boundingBox())!;
      assert(list.height > 80, `${list.height}`);
      await labels.nth(300).scrollIntoViewIfNeeded();
      await page.getByLabel("All classes").uncheck();
      assertEquals(await count(), "");
      await page.getByLabel("Tumor: necrotic").check();
      assertEquals(await count(), "2");
      await labels.nth(2).locator("input").check();
      assertEquals(await count(), "3");
      await page.getByLabel("All classes").check();
      assertEquals(await count(), "301");
    });
    await t.step("colors are those of a measurement, on a scale", async () => {
      await page.selectOption("#sort", "place");
      assertEquals(await swatch(), "rgb(200, 0, 0)");
      const menu = page.getByLabel("Color by");
      assertEquals(await menu.locator("option").allTextContents(), [
        ...["Class", "Area px^2", "Circularity"],
      ]);
      await menu.selectOption("Area px^2");
      assertEquals(await swatch(), "rgb(68, 1, 84)"); // the least
      // A hundredth of the objects lies beyond each end.
      assertEquals(await page.textContent("#color-least"), "≤ 403");
      assertEquals(await page.textContent("#color-most"), "≥ 697");
      await menu.selectOption("Circularity");
      assertEquals(await swatch(), "rgb(150, 150, 150)"); // it has none
      assertEquals(
        await page.textContent("#color-without"),
        "Gray: 1 without a value",
      );
      await menu.selectOption("Class");
      assertEquals(await swatch(), "rgb(200, 0, 0)");
      assertEquals(await page.isHidden("#color-scale"), true);
    });
  },
});
