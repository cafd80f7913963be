import { assert, assertEquals } from "@std/assert";
import { openSlide } from "../../src/slide/open_slide.ts";
import type { Region } from "../../src/slide/slide.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { noise } from "../helpers/noise.ts";
import { rangeResponse, startRangeServer } from "../helpers/range_server.ts";
import { bundleForBrowser } from "./bundle_for_browser.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

/** What remote_page.ts puts into the page. */
declare function readRemote(url: string, region: Region): Promise<number[]>;

Deno.test({
  name:
    "Chromium reads a region of a slide on another server, fetching that region alone (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const tile = { width: 64, height: 64 };
    const pixels = noise(700, 600);
    const file = await makeTiff([{ width: 700, height: 600, pixels, tile }]);
    const region = { x: 100, y: 200, width: 150, height: 130 };
    await using local = await openSlide(new Blob([file]));
    const expected = [...await local.readRegion(region)];
    const script = await bundleForBrowser(
      new URL("remote_page.ts", import.meta.url),
    );
    await using home = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) =>
        url.endsWith(".js")
          ? new Response(script, {
            headers: { "content-type": "text/javascript" },
          })
          : new Response("<!doctype html><title>Remote</title>", {
            headers: { "content-type": "text/html" },
          }),
    );
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${home.addr.port}/`);
      await page.addScriptTag({ url: "page.js", type: "module" });
      await page.waitForFunction(() => "readRemote" in globalThis);
      for (
        const [what, exposed] of [
          ["exposes its headers", "Content-Range, ETag"],
          ["hides them", ""],
        ]
      ) {
        await t.step(`The server ${what}`, async () => {
          let bytes = 0;
          await using server = startRangeServer(
            file,
            ({ request, start, end }) => {
              const headers = {
                ETag: '"one"',
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": exposed,
              };
              if (request.method === "HEAD") {
                return new Response(null, {
                  headers: { ...headers, "Content-Length": `${file.length}` },
                });
              }
              // A range alone is no reason to ask first.
              assertEquals(request.method, "GET");
              bytes += end - start;
              return rangeResponse(file, { start, end }, headers);
            },
          );
          const seen = await page.evaluate(
            ({ url, region }) => readRemote(url, region),
            { url: server.url, region },
          );
          assertEquals(seen, expected);
          assert(bytes < file.length / 4, `${bytes} of ${file.length}`);
        });
      }
    } finally {
      await browser.close();
    }
  },
});
