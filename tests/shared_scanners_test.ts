// Slides of scanners, which are not part of the project, against what other readers see in them. `check.ts` beside them
// compares size, scale and pixels of the finest level; this compares the rest.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openSlide } from "../src/slide/open_slide.ts";

const folder = new URL("../../shared/data/scanners/", import.meta.url);
const table = new URL("expected.json", folder);

/** What is known of a case. */
interface Expected {
  readonly refused?: true;
  readonly or_refused?: true;
  readonly reads_or_refused_at_open?: true;
  /** A word that the error must hold. */
  readonly names?: string;
  readonly levels?: readonly (readonly [width: number, height: number])[];
  /** The level, a place in its pixels, and the color there. */
  readonly level_pixels?: readonly (readonly [
    number,
    number,
    number,
    readonly number[],
  ])[];
  readonly level_tolerance?: number;
  readonly bounds?: readonly [number, number, number, number];
  readonly objective_power?: number;
  /** The pictures beside the slide, with their sizes. */
  readonly associated?: Readonly<Record<string, readonly [number, number]>>;
}

const cases: Record<string, Expected> = await Deno.readTextFile(table).then(
  JSON.parse,
  () => ({}),
);
for (const [file, expected] of Object.entries(cases)) {
  Deno.test(`openSlide() reads ${file} as other readers do, or says why not (needs ../shared)`, async () => {
    let slide: Awaited<ReturnType<typeof openSlide>>;
    try {
      slide = await openSlide(new URL(file, folder));
    } catch (error) {
      const { message } = error as Error;
      const isSaid = expected.refused || expected.or_refused ||
        expected.reads_or_refused_at_open;
      assert(isSaid, message);
      if (expected.refused) assert(message.includes(expected.names ?? ""));
      return;
    }
    await using opened = slide;
    assert(!expected.refused, "it opens");
    await compare(opened, expected);
  });
}

Deno.test({
  name:
    "openSlide() reads the shared scanners' slides as the judge does (needs ../shared)",
  ignore: Object.keys(cases).length === 0,
  async fn(): Promise<void> {
    const { stdout, stderr } = await new Deno.Command("deno", {
      cwd: new URL("../", import.meta.url),
      args: [
        ...["run", "--quiet", "--no-prompt", "--config=deno.json"],
        ...["--allow-read", "../shared/data/cases/check.ts", "mod.ts"],
        "../shared/data/scanners",
      ],
    }).output();
    const text = new TextDecoder();
    const said = text.decode(stdout).trim();
    const count = Object.keys(cases).length;
    assertEquals(
      said,
      `0 of ${count} cases differ`,
      said + text.decode(stderr),
    );
  },
});

async function compare(
  slide: Awaited<ReturnType<typeof openSlide>>,
  expected: Expected,
): Promise<void> {
  const { levels, bounds, objective_power, associated } = expected;
  if (levels) {
    const sizes = slide.levels.map(({ width, height }) => [width, height]);
    assertEquals<unknown>(sizes, levels);
  }
  if (bounds) {
    const { x, y, width, height } = slide.bounds ??
      { x: 0, y: 0, width: slide.width, height: slide.height };
    assertEquals<unknown>([x, y, width, height], bounds);
  }
  if (objective_power !== undefined) {
    assertEquals(slide.objectivePower, objective_power);
  }
  for (const [level, x, y, color] of expected.level_pixels ?? []) {
    const region = { x, y, width: 1, height: 1 };
    const pixel = await slide.readRegion(region, { level });
    color.forEach((value, i) =>
      assertAlmostEquals(
        pixel[i],
        value,
        expected.level_tolerance ?? 0,
        `level ${level} at ${x}, ${y} is ${pixel}, not ${color}`,
      )
    );
  }
  const sizes: Record<string, [number, number]> = {};
  for (const { name, width, height } of slide.associated) {
    sizes[name] = [width, height];
    const read = await slide.readAssociated(name);
    assertEquals([read.width, read.height], [width, height], name);
    assertEquals(read.pixels.length, width * height * 3, name);
  }
  for (const [name, size] of Object.entries(associated ?? {})) {
    assertEquals<unknown>(sizes[name], size, name);
  }
}
