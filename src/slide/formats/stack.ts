import type { TiffPage } from "../tiff_page.ts";
import { nameOf } from "./layout.ts";

/** The error for several pictures of which the file does not say that one is the slide. */
export function refuseStack(
  found: string,
  pages: readonly TiffPage[],
): TypeError {
  const [first] = pages;
  const last = pages.at(-1)!;
  const range = pages.length > 1
    ? `${nameOf(first)} to ${last.place}`
    : nameOf(first);
  return new TypeError(
    `it holds ${found}, and nothing says that one picture of them is the slide: --page N (openSlide's page) takes one page, here ${range}`,
  );
}
