// What the page of remote_test.ts runs: it reads a region of a slide on a server.
import { openSlide } from "../../src/slide/open_slide.ts";
import type { Region } from "../../src/slide/slide.ts";

async function readRemote(url: string, region: Region): Promise<number[]> {
  await using slide = await openSlide(url);
  return [...await slide.readRegion(region)];
}

Object.assign(globalThis, { readRemote });
