import type { LayerSource } from "../../src/view/deep_zoom.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { TileLayer } from "../../src/view/tile_layer.ts";
import { oneView, type View } from "../../src/view/view.ts";
import type { Browser, Page } from "playwright-core";

/** A view of a slide that is nowhere but in a formula, with a square object in its middle. */
export function madeUp(
  { width, height }: { readonly width: number; readonly height: number },
  color: (x: number, y: number) => readonly [number, number, number] = () => [
    ...[190, 180, 200] as const,
  ],
): View {
  const source: LayerSource = {
    ...{ width, height, levels: [{ width, height, downsample: 1 }] },
    readRegion(region) {
      const pixels = new Uint8Array(region.width * region.height * 3);
      for (let j = 0, at = 0; j < region.height; j++) {
        for (let i = 0; i < region.width; i++, at += 3) {
          pixels.set(color(region.x + i, region.y + j), at);
        }
      }
      return Promise.resolve(pixels);
    },
  };
  const layer = new TileLayer(source, { id: "slide", slideWidth: width });
  const layers = [layer.description];
  const [x, y] = [width / 2, height / 2];
  const corners = [-9, -9, 9, -9, 9, 9, -9, 9];
  const ring = corners.map((at, i) => at + (i % 2 === 0 ? x : y));
  return {
    description: { name: "made-up", width, height, layers, live: false },
    layers: new Map([["slide", layer]]),
    objects: [{ rings: [ring], area: 324 }],
  };
}

/** Opens the page of a view. */
export async function show(
  view: View,
  options: {
    readonly browser: Browser;
    readonly size: readonly [width: number, height: number];
    readonly prepare?: (page: Page) => Promise<void>;
  },
): Promise<AsyncDisposable & { readonly page: Page }> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(serveView(oneView(() => view)));
  const [width, height] = options.size;
  const page = await options.browser.newPage({ viewport: { width, height } });
  stack.defer(() => page.close());
  await options.prepare?.(page);
  await page.goto(server.url);
  await page.waitForSelector("#count:not(:empty)");
  const kept = stack.move();
  return { page, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A browser that is closed at the end. */
export function disposable(browser: Browser) {
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}
