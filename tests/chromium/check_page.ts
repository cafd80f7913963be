import type { Page } from "playwright-core";

/** The sizes at which pages are tried: a phone, a tablet, a laptop and 4K. */
export const SIZES = [[390, 844], [820, 1180], [1440, 900], [
  3840,
  2160,
]] as const;

/** The color schemes. */
export const SCHEMES = ["light", "dark"] as const;

/**
 * What is wrong with a page by WCAG 2.2 A and AA and axe's best practices, a line each: contrast, names for screen readers,
 * roles, order of headings, size of targets.
 */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Loaded only where Chromium is: it needs more permissions than other tests have.
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  const problems = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run({
      runOnly: [
        ...["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        "best-practice",
      ],
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        `${id}: ${target} (${failureSummary?.split("\n").slice(1).join("; ")})`
      )
    );
  });
  return problems;
}

/** Elements that lie over each other though they should not, as pairs of their selectors; hidden ones do not count. */
export async function overlaps(
  page: Page,
  selectors: readonly string[],
): Promise<string[]> {
  const boxes = (await Promise.all(selectors.map(async (selector) => {
    const found = page.locator(selector).first();
    const visible = await found.count() > 0 && await found.isVisible();
    const box = visible ? await found.boundingBox() : null;
    return box ? [{ selector, ...box }] : [];
  }))).flat();
  return boxes.flatMap((a, i) =>
    boxes.slice(i + 1).filter((b) =>
      a.x < b.x + b.width && b.x < a.x + a.width &&
      a.y < b.y + b.height && b.y < a.y + a.height
    ).map((b) => `${a.selector} and ${b.selector}`)
  );
}
