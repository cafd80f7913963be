import { assertEquals } from "@std/assert";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { refuseStack } from "./unread.ts";

Deno.test("refuseStack() names the pages to choose from", () => {
  const pages = [0, 1, 2].map((i) => ({
    place: `page ${i}`,
    width: 30,
    height: 20,
  })) as unknown as TiffPage[];
  const of = (count: number) =>
    refuseStack("a stack", pages.slice(0, count)).message.match(
      /page 0.*?(?=, with)/,
    )?.[0];
  assertEquals(of(1), "page 0 (30×20 px)");
  assertEquals(of(2), "page 0 (30×20 px) to page 1");
  assertEquals(of(3), "page 0 (30×20 px) to page 2");
});
