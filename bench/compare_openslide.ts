/**
 * Compares random regions of a slide with what OpenSlide reads there, at all levels that both have. By hand, where Python has
 * OpenSlide (Debian: `apt-get install python3-openslide`):
 *
 *     deno run --allow-read --allow-run=python3 bench/compare_openslide.ts SLIDE [REGIONS] [SEED]
 *
 * For each level it prints the mean and the largest difference of a sample, and the share of samples that differ by more than
 * JPEG decoders do. It fails if that is more than 1 % of level 0. In others it may be more for MRXS: there OpenSlide blends
 * photos that lie between pixels.
 *
 * @module
 */
import { openSlide } from "../src/slide/open_slide.ts";
import { Random } from "../src/train/random.ts";

/** The side of a region, and what counts as another color. */
const [SIDE, CLOSE, MOST_OTHERS] = [256, 16, 0.01];

const [path, regions = "20", seed = "1"] = Deno.args;
const random = new Random(Number(seed));
const script = new URL("openslide_regions.py", import.meta.url).pathname;
const child = new Deno.Command("python3", {
  args: [script, path],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const requests = child.stdin.getWriter();
const answers = child.stdout.getReader();
let rest = new Uint8Array(0);

/** The next bytes that the peer wrote, until there are enough. */
async function take(
  enough: (bytes: Uint8Array) => number,
): Promise<Uint8Array> {
  for (let length = enough(rest);; length = enough(rest)) {
    if (length > 0 && length <= rest.length) {
      const taken = rest.slice(0, length);
      rest = rest.slice(length);
      return taken;
    }
    const { value, done } = await answers.read();
    if (done) throw new Error("OpenSlide ended; what it said is above");
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    rest = joined;
  }
}

const line = await take((bytes) => bytes.indexOf(10) + 1);
const theirs: { size: [number, number]; downsample: number }[] = JSON.parse(
  new TextDecoder().decode(line),
);
await using slide = await openSlide(path);
let failed = false;
for (const [level, { width, height, downsample }] of slide.levels.entries()) {
  const other = theirs.findIndex(({ size: [w, h] }) =>
    Math.abs(w - width) <= 1 && Math.abs(h - height) <= 1
  );
  const name = `level ${level} (${width}×${height})`;
  if (other < 0) {
    console.log(`${name}: OpenSlide has no level of this size`);
    continue;
  }
  let [sum, most, others, count] = [0, 0, 0, 0];
  for (let i = 0; i < Number(regions); i++) {
    // Whole pixels of both.
    const size = {
      width: Math.min(SIDE, width),
      height: Math.min(SIDE, height),
    };
    const x = random.integer(width - size.width + 1);
    const y = random.integer(height - size.height + 1);
    const ours = await slide.readRegion({ x, y, ...size }, { level });
    const at = [x, y].map((value) => Math.round(value * downsample));
    const request = [other, ...at, size.width, size.height].join(" ");
    await requests.write(new TextEncoder().encode(`${request}\n`));
    const read = await take(() => ours.length);
    for (let j = 0; j < ours.length; j++) {
      const difference = Math.abs(ours[j] - read[j]);
      sum += difference;
      most = Math.max(most, difference);
      if (difference > CLOSE) others++;
    }
    count += ours.length;
  }
  const share = others / count;
  failed ||= level === 0 && share > MOST_OTHERS;
  console.log(
    `${name}: mean ${(sum / count).toFixed(3)}, largest ${most}, ${
      (share * 100).toFixed(2)
    } % beyond ${CLOSE}`,
  );
}
await requests.close();
await answers.cancel();
await child.status;
if (failed) Deno.exit(1);
