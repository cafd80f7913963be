import { correctAndTrain } from "../../examples/correct_and_train.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test({
  name:
    "A model that is corrected in the viewer and trained again finds more (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn() {
    const out = await Deno.makeTempDir({ prefix: "tilewise-loop-" });
    const browser = await launchChromium();
    try {
      const { before, after, done } = await correctAndTrain({ out, browser });
      assertEquals(done.length, 3);
      for (const what of ["accepted", "rejected", "drawn"] as const) {
        const count = done.reduce((sum, one) => sum + one[what], 0);
        assert(count > 0, `nothing was ${what}`);
      }
      assert(after > before, `Dice ${before} before, ${after} after`);
    } finally {
      await browser.close();
      await Deno.remove(out, { recursive: true });
    }
  },
});
