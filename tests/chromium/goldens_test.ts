import { assertEquals } from "@std/assert";
import { bundleForBrowser } from "./bundle_for_browser.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

/** What page_deno.js puts into the page. */
declare const tilewise: {
  readonly tests: readonly {
    readonly name: string;
    readonly ignore: boolean;
  }[];
  run(index: number): Promise<string | undefined>;
};

/**
 * On a software adapter: other sizes and the usual algorithms stand for them. SwiftShader compiles patches without subgroups of
 * eight for minutes.
 */
const TOO_SLOW = /256x256|wherever possible/;

const PAGE = '<!doctype html><meta charset="utf-8"><title>GPU tests</title>';

Deno.test({
  name:
    "Kernels, graphs and networks equal their references in Chromium's WebGPU (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const here = (path: string) => new URL(path, import.meta.url);
    const bundle = await Deno.readTextFile(here("page_deno.js")) +
      await bundleForBrowser(here("gpu_tests.ts"));
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async ({ url }) => {
        const { pathname } = new URL(url);
        if (pathname === "/tests.js") return file(bundle, "text/javascript");
        if (!pathname.startsWith("/golden/")) return file(PAGE, "text/html");
        const path = here(`..${pathname}`);
        return file(await Deno.readFile(path), "application/octet-stream");
      },
    );
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      page.on("console", (message) => console.log(message.text()));
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await page.addScriptTag({ url: "/tests.js", type: "module" });
      await page.waitForFunction(() => "tilewise" in globalThis);
      const tests = await page.evaluate(() =>
        tilewise.tests.map(({ name, ignore }) => ({ name, ignore }))
      );
      for (const [index, { name, ignore }] of tests.entries()) {
        await t.step({
          name,
          ignore: ignore || TOO_SLOW.test(name),
          async fn() {
            const error = await page.evaluate((i) => tilewise.run(i), index);
            assertEquals(error, undefined, error);
          },
        });
      }
    } finally {
      await browser.close();
    }
  },
});

function file(body: BodyInit, type: string): Response {
  return new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      // Assertions look at SharedArrayBuffer, which pages have only so.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    },
  });
}
