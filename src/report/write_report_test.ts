import { withFolder } from "../../tests/helpers/masks.ts";
import { Overview } from "../masks/pictures/overview.ts";
import { summarizeMask } from "../masks/summarize_mask.ts";
import { readReportEntry } from "./report_entry.ts";
import { writeReport, writeReportIndex } from "./write_report.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const tiles = { seen: 1, skipped: 0 };

Deno.test("writeReport() and writeReportIndex() write pages with pictures", async () => {
  await withFolder(async (folder) => {
    const name = "a & b#1";
    const slide = { name, width: 64, height: 48 };
    const overview = new Overview(slide);
    overview.addTile({
      ...{ x: 0, y: 0, size: 64, expansion: 0, downsample: 1 },
      pixels: new Uint8Array(64 * 64 * 3).fill(200),
    });
    const mask = new Uint8Array(64 * 48).fill(1, 0, 640);
    overview.write({ y: 0, width: 64, height: 48, mask });
    overview.close();
    const summary = summarizeMask({ slide, areas: [640], tiles });
    await writeReport(`${folder}/${name}.html`, {
      summary,
      areas: [640],
      overview,
      files: [],
    });
    const page = await Deno.readTextFile(`${folder}/${name}.html`);
    assertEquals(page.match(/src="data:image\/(jpeg|png);base64,/g)?.length, 2);
    const entry = readReportEntry(page);
    assertEquals([entry?.name, entry?.objects], [name, 1]);

    await writeReportIndex(folder, [
      { name },
      { name: "gone" },
      { name: "<bad>", error: "Cannot open <bad>" },
    ]);
    const index = await Deno.readTextFile(`${folder}/index.html`);
    assertStringIncludes(index, 'href="./a%20%26%20b%231.html"');
    assertStringIncludes(index, ":8473/#slide=a%20%26%20b%231");
    assertStringIncludes(index, "a &amp; b#1");
    assertStringIncludes(index, "Cannot open &lt;bad&gt;");
    assertStringIncludes(
      index,
      '<td class="number" data-value="640">640 px</td>',
    );
    assertStringIncludes(index, entry!.thumbnail!);
    assert(!index.includes("<bad>"));
  });
});
