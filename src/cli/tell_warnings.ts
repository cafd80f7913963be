import type { Slide } from "../slide/slide.ts";

/** Says what is not certain about how a slide's file was read. */
export function tellWarnings(
  { name, warnings = [] }: Pick<Slide, "name" | "warnings">,
): void {
  for (const warning of warnings) {
    console.error(`tilewise: ${name}: ${warning}`);
  }
}
