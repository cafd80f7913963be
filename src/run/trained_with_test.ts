import { assertEquals, assertRejects } from "@std/assert";
import { withFolder } from "../../tests/helpers/masks.ts";
import { smallOnnx } from "../../tests/helpers/small_network.ts";
import {
  type NetworkTraining,
  writeNormalization,
  writeTraining,
} from "../predict/checkpoint_metadata.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import type { RunSettings } from "./contradictions.ts";
import { mixedScales } from "./tile_scale.ts";
import { TrainedWith } from "./trained_with.ts";

type Said = NetworkTraining & { readonly halves?: boolean };

/** What checkpoints say that hold this; `null` stands for one without metadata. */
function withCheckpoints(
  all: Readonly<Record<string, Said | null>>,
  action: (trained: TrainedWith) => void | Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const paths: string[] = [];
    for (const [name, said] of Object.entries(all)) {
      const { halves, ...training } = said ?? {};
      const thirds = [0.5, 0.5, 0.5] as const;
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      const metadata = {
        ...(said && writeTraining(training)),
        ...(halves && writeNormalization({ mean: thirds, std: thirds })),
      };
      await Deno.writeFile(path, writeSafetensors(new Map(), metadata));
      paths.push(path);
    }
    await action(await TrainedWith.read(paths));
  });
}

const usual: RunSettings = { tile: 1024, expansions: [256] };
const whole: Said = { mpp: 0.5, tile: 512, expansion: 128, halves: true };
const NONE: ReadonlySet<string> = new Set();

/** What is told of a run that takes all that it can. */
async function told(
  trained: TrainedWith,
  run: Partial<RunSettings> = {},
  given = NONE,
): Promise<string[]> {
  const { expansion, ...defaults } = trained.defaults(given);
  const settings: RunSettings = {
    ...usual,
    ...defaults,
    ...(expansion !== undefined && { expansions: [expansion] }),
    ...run,
  };
  const lines: string[] = [];
  await trained.tell(given, settings, (event) => {
    if (event.kind === "notice") lines.push(`tilewise: ${event.text}`);
    if (event.kind === "warning") {
      lines.push(`tilewise: warning: ${event.text}`);
    }
  });
  return lines;
}

Deno.test("TrainedWith takes what a checkpoint says, and says so in one line", async () => {
  await withCheckpoints({ "fold0.safetensors": whole }, async (trained) => {
    assertEquals(trained.defaults(NONE), {
      mpp: 0.5,
      tile: 512,
      expansion: 128,
    });
    assertEquals(await told(trained), [
      "tilewise: Using the scale of 0.5 µm/px, tile 512, expansion 128 that fold0.safetensors was trained with",
    ]);
  });
  const tumor: Said = {
    downsample: 2,
    slideMpp: [0.25, 0.27],
    classes: ["Tumor"],
  };
  await withCheckpoints({ "f.safetensors": tumor }, async (trained) => {
    assertEquals(trained.defaults(NONE), {
      downsample: 2,
      classification: "Tumor",
    });
    assertEquals(await told(trained), [
      "tilewise: Using the scale of downsample 2 (0.5 to 0.54 µm/px), class Tumor that f.safetensors was trained with",
      "tilewise: Using the default tile 1024, expansion 256 and the normalization of HuBMAP's kidney slides: f.safetensors does not say what it was trained with",
    ]);
  });
});

Deno.test("TrainedWith lets an option that is given win, and warns of what contradicts the checkpoint", async () => {
  await withCheckpoints({ "fold0.safetensors": whole }, async (trained) => {
    const given = new Set(["mpp", "tile", "expansion"]);
    assertEquals(trained.defaults(given), {});
    const run = { mpp: 1, tile: 1024, expansions: [0, 64] };
    const start = "but fold0.safetensors was trained with";
    assertEquals(await told(trained, run, given), [
      `tilewise: warning: the scale is 1 µm/px, ${start} 0.5 µm/px`,
      `tilewise: warning: the tile size is 1024, ${start} 512`,
      `tilewise: warning: the expansion is 0, 64, ${start} 128`,
    ]);
    // What is compared by evaluate has the one among them.
    assertEquals(
      trained.warnings({ mpp: 0.5, tile: 512, expansions: [0, 128] }),
      [],
    );
    // Another kind of scale is compared once the slide's is known.
    assertEquals(
      trained.warnings({ downsample: 2, tile: 512, expansions: [128] }),
      [],
    );
    assertEquals(
      trained.warnings({
        ...{ mpp: 0.5, tile: 512 },
        normalization: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
      }),
      [
        `the normalization is mean 0.1 0.2 0.3, std 0.4 0.5 0.6, ${start} mean 0.5 0.5 0.5, std 0.5 0.5 0.5`,
      ],
    );
  });
});

Deno.test("TrainedWith warns of slides whose tiles are off by more than 10 %", async () => {
  const name = "f.safetensors was trained with";
  await withCheckpoints({ "f.safetensors": whole }, (trained) => {
    const of = (mpp?: number, run: RunSettings = usual) =>
      trained.scaleWarnings(run, mpp === undefined ? undefined : [mpp, mpp]);
    for (const near of [0.45, 0.5, 0.55]) assertEquals(of(near), [], `${near}`);
    for (const far of [0.449, 0.551, 1]) {
      assertEquals(of(far), [
        `tiles have ${far} µm/px, but ${name} 0.5 µm/px; use --mpp 0.5`,
      ]);
    }
    assertEquals(of(undefined), [
      `the slide does not say its scale, so its tiles may differ from the 0.5 µm/px that ${name}; use --slide-mpp`,
    ]);
    // It is said already that the run is at another scale.
    assertEquals(of(1, { ...usual, mpp: 1 }), []);
  });
  const factor: Said = { downsample: 2, slideMpp: [0.25, 0.27] };
  await withCheckpoints({ "f.safetensors": factor }, (trained) => {
    const of = (mpp: number) => trained.scaleWarnings(usual, [mpp, mpp]);
    assertEquals([0.46, 0.59].flatMap(of), []);
    assertEquals(of(1), [
      `tiles have 1 µm/px, but ${name} 0.5 to 0.54 µm/px; use --mpp 0.5`,
    ]);
  });
  await withCheckpoints({ "f.safetensors": { downsample: 2 } }, (trained) => {
    assertEquals(trained.scaleWarnings(usual, [1, 1]), []);
    assertEquals(trained.scaleWarnings(usual, undefined), []);
  });
});

Deno.test("mixedScales() tells of slides that one factor cuts at several scales", () => {
  assertEquals(mixedScales({ downsample: 2, slideMpp: [0.25, 0.27] }), []);
  assertEquals(mixedScales({ mpp: 0.5, slideMpp: [0.25, 0.5] }), []);
  assertEquals(mixedScales({ downsample: 2 }), []);
  assertEquals(mixedScales({ downsample: 2, slideMpp: [0.25, 0.5] }), [
    "slides have 0.25 to 0.5 µm/px, so --downsample cuts tiles at different scales; use --mpp",
  ]);
});

Deno.test("TrainedWith warns of ensembles whose members disagree", async () => {
  const members = {
    "a/best.safetensors": { ...whole, classes: ["Tumor"] },
    "b/best.safetensors": { ...whole, mpp: 1, classes: ["Stroma"] },
    "c/best.safetensors": { ...whole, mpp: 1, halves: false },
  };
  await withCheckpoints(members, async (trained) => {
    const lines = await told(trained);
    assertEquals(
      // Files of one name are told apart by their folders.
      lines.map((line) => line.replace(/\S*\/(?=[abc]\/best)/g, "")),
      [
        "tilewise: Using the scale of 0.5 µm/px, tile 512, expansion 128, class Tumor that a/best.safetensors was trained with",
        "tilewise: warning: the scale is 0.5 µm/px, but b/best.safetensors and c/best.safetensors were trained with 1 µm/px",
        "tilewise: warning: the class is Tumor, but b/best.safetensors was trained with Stroma",
        "tilewise: warning: the class is Tumor, but c/best.safetensors was trained with all",
        "tilewise: warning: networks differ in normalization: a/best.safetensors and b/best.safetensors were trained with mean 0.5 0.5 0.5, std 0.5 0.5 0.5; c/best.safetensors was trained with mean 0.6546 0.4839 0.6943, std 0.1517 0.2358 0.1315",
      ],
    );
  });
  const agreeing = Object.fromEntries(
    [0, 1, 2, 3].map((i) => [`fold${i}.safetensors`, whole]),
  );
  await withCheckpoints(agreeing, async (trained) => {
    assertEquals(await told(trained), [
      "tilewise: Using the scale of 0.5 µm/px, tile 512, expansion 128 that fold0.safetensors and 3 more were trained with",
    ]);
  });
});

Deno.test("TrainedWith says which defaults stand in for what a checkpoint does not say", async () => {
  await withCheckpoints({ "old.pth": null }, async (trained) => {
    assertEquals(trained.defaults(NONE), {});
    const end = "old.pth does not say what it was trained with";
    const normal = "the normalization of HuBMAP's kidney slides";
    assertEquals(await told(trained), [
      `tilewise: Using the default downsample 2, tile 1024, expansion 256 and ${normal}: ${end}`,
    ]);
    assertEquals(await told(trained, { mpp: 1 }, new Set(["mpp"])), [
      `tilewise: Using the default tile 1024, expansion 256 and ${normal}: ${end}`,
    ]);
    const all = new Set(["downsample", "tile", "expansion"]);
    assertEquals(await told(trained, {}, all), []);
    assertEquals(trained.scaleWarnings(usual, [1, 1]), []);
  });
  const mixed = { "old.pth": null, "f.safetensors": whole };
  await withCheckpoints(mixed, async (trained) => {
    assertEquals((await told(trained)).slice(0, 2), [
      "tilewise: Using the scale of 0.5 µm/px, tile 512, expansion 128 that f.safetensors was trained with",
      "tilewise: Using the normalization of HuBMAP's kidney slides: old.pth does not say what it was trained with",
    ]);
  });
});

Deno.test("TrainedWith reads headers alone, says nothing of files that cannot be read, and refuses nonsense by name", async () => {
  await withFolder(async (folder) => {
    const file = writeSafetensors(new Map(), writeTraining({ tile: 64 }));
    const cases: [string, Uint8Array, object][] = [
      ["whole", file, { tile: 64 }],
      ["cut in its tensors", writeCut(), { tile: 64 }],
      ["cut in its header", file.subarray(0, 20), {}],
      ["empty", new Uint8Array(), {}],
      ["a zip", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0]), {}],
    ];
    for (const [name, bytes, defaults] of cases) {
      await Deno.writeFile(`${folder}/${name}`, bytes);
      const trained = await TrainedWith.read([`${folder}/${name}`]);
      assertEquals(trained.defaults(NONE), defaults, name);
    }
    const url = new URL(`file://${folder}/whole`).href;
    const byUrl = await TrainedWith.read([url]);
    assertEquals(byUrl.defaults(NONE), { tile: 64 });
    const missing = await TrainedWith.read([`${folder}/missing`]);
    assertEquals(missing.defaults(NONE), {});
    const wrong = writeSafetensors(new Map(), { training: "{" });
    await Deno.writeFile(`${folder}/wrong.safetensors`, wrong);
    await assertRejects(
      () => TrainedWith.read([`${folder}/wrong.safetensors`]),
      SyntaxError,
      'Cannot read checkpoint "wrong.safetensors": "training" in its metadata must be a JSON object',
    );
  });
});

/** A file whose header is whole and whose tensor is not. */
function writeCut(): Uint8Array {
  const data = new Uint8Array(1000);
  const tensors = new Map([[
    "a",
    { shape: [1000], dtype: "u8", data } as const,
  ]]);
  return writeSafetensors(tensors, writeTraining({ tile: 64 })).slice(0, -900);
}

Deno.test("TrainedWith.read() reads what an ONNX file records", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/network.onnx`;
    const { halves: _, ...training } = whole;
    await Deno.writeFile(path, smallOnnx(64, writeTraining(training)));
    const trained = await TrainedWith.read([path]);
    assertEquals(trained.defaults(NONE), training);
  });
});
