import type { ModelManifest } from "./manifest.ts";

/** The card of a model, and its picture. */
export const [CARD, CURVES] = ["README.md", "curves.svg"];

/**
 * What describes a model for people: its card, in Markdown with the metadata of Hugging Face's hub, and a picture of the curves
 * if `provenance.log` has the log of its training, a line for each epoch below a header, as in `log.csv`.
 */
export function describeModel(
  manifest: ModelManifest,
): Readonly<Record<string, string>> {
  const { provenance = {} } = manifest;
  const curves = drawCurves(provenance.log);
  const parts = [
    frontMatter(manifest),
    `# ${manifest.name}`,
    manifest.description,
    factsOf(manifest),
    "`tilewise infer SLIDE --model FOLDER --out DIR` segments a slide with it, and `tilewise model check FOLDER` tests it on your machine.",
    ...Object.entries(provenance).flatMap(([key, value]) =>
      isRecord(value) ? [`## ${titleOf(key)}`, tableOf(value)] : []
    ),
    ...(curves ? ["## Curves", `![Curves of its training](${CURVES})`] : []),
  ];
  const card = parts.filter((part) => part !== undefined).join("\n\n") + "\n";
  return { [CARD]: card, ...(curves && { [CURVES]: curves }) };
}

function frontMatter({ license }: ModelManifest): string {
  const lines = [
    `license: ${JSON.stringify(license.toLowerCase())}`,
    "library_name: tilewise",
    "pipeline_tag: image-segmentation",
    'tags: ["whole-slide-imaging"]',
  ];
  return ["---", ...lines, "---"].join("\n");
}

function factsOf(
  { version, license, citation, weights, network, input, output, provenance }:
    ModelManifest,
): string {
  const { tile, expansion, mpp, downsample } = input;
  const { threshold, minimumArea, classes } = output;
  const size = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Version", version],
    ["License", license],
    ["Citation", citation],
    ["Classes", classes.map(({ name }) => name).join(", ")],
    [
      "Input",
      `RGB tiles of ${tile} px and ${expansion} px of expansion, at ${
        mpp === undefined
          ? `1/${downsample} of the slide's scale`
          : `${mpp} µm/px`
      }`,
    ],
    [
      "Output",
      `probabilities, threshold ${threshold}` +
      (minimumArea
        ? `, minimum area ${minimumArea.value} ${minimumArea.unit}`
        : ""),
    ],
    [
      "Network",
      `${network.type === "unext" ? "UNeXt" : "ONNX"}, ${
        (size / 1e6).toFixed(1)
      } MB` + (weights.length > 1 ? ` in ${weights.length} networks` : ""),
    ],
    ...Object.entries(provenance ?? {}).flatMap(([key, value]) =>
      typeof value === "string" ? [[titleOf(key), value] as const] : []
    ),
  ];
  return facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`- ${name}: ${text}`]
  ).join("\n");
}

function tableOf(values: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(values).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `| ${titleOf(key)} | ${text.replaceAll("|", "\\|")} |`;
  });
  return ["| | |", "| --- | --- |", ...rows].join("\n");
}

/** `softDice` as `Soft dice`. */
function titleOf(key: string): string {
  const words = key.replace(
    /(?<=[a-z])[A-Z]/g,
    (letter) => ` ${letter.toLowerCase()}`,
  );
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const [WIDTH, HEIGHT, LEFT, TOP] = [640, 240, 40, 30];
const COLORS = ["#4477aa", "#ee6677", "#228833"];

/** Columns of a log, from 0 to 1 or their maximum, over its lines; `undefined` if it is none. */
function drawCurves(log: unknown): string | undefined {
  if (!Array.isArray(log) || log.length < 3) return undefined;
  const [header, ...rows] = log.map((line) => String(line).split(","));
  const curves = header.map((name, column) => ({
    name,
    values: rows.map((row) => row[column] ? Number(row[column]) : NaN),
  })).filter(({ name }) => !["run", "epoch"].includes(name));
  const known = curves.flatMap(({ values }) => values).filter(Number.isFinite);
  const most = Math.max(1, ...known);
  const x = (i: number) =>
    LEFT + Math.round(i * (WIDTH - LEFT - 10) / (rows.length - 1));
  const y = (value: number) => TOP + Math.round((1 - value / most) * HEIGHT);
  const grid = [0, 0.5, 1].map((share) => {
    const place = y(share * most);
    return `<path stroke="#ddd" d="M${LEFT} ${place}H${WIDTH}"/>` +
      `<text x="4" y="${place + 4}">${
        Number((share * most).toFixed(2))
      }</text>`;
  });
  const lines = curves.map(({ name, values }, i) => {
    const points = values.flatMap((value, at) =>
      Number.isFinite(value) ? [`${x(at)},${y(value)}`] : []
    );
    const color = COLORS[i % COLORS.length];
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${
      points.join(" ")
    }"/><text x="${LEFT + i * 110}" y="18" fill="${color}">${
      name.replace(/[^\w ]/g, "")
    }</text>`;
  });
  const bottom = TOP + HEIGHT + 18;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${
      bottom + 8
    }" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...grid,
    ...lines,
    `<text x="${LEFT}" y="${bottom}">epoch 1</text>`,
    `<text x="${
      WIDTH - 10
    }" y="${bottom}" text-anchor="end">${rows.length}</text>`,
    "</svg>",
    "",
  ].join("\n");
}
