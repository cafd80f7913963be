/// <reference lib="dom" />
import { addChannels } from "./channel_panel.ts";
import { element } from "./element.ts";
import { oncePerFrame } from "./frames.ts";
import { adjustmentTables, AS_IT_IS } from "./image_tables.ts";
import { addLabelImages } from "./label_images.ts";
import type { PageContext } from "./page_context.ts";
import { addCheck, addRange } from "./range_input.ts";
import { openSection } from "./sections.ts";

/** Adds the panel that changes how the slide looks, and its reset. */
export function addImagePanel(context: PageContext): void {
  const { view, layers, keys } = context;
  const isPicture = view.layers.some(({ id }) => id === "slide");
  const reset = isPicture
    ? addAdjustments(context)
    : view.channels && addChannels(context);
  if (reset) {
    element("image").hidden = false;
    element("image-reset").addEventListener("click", reset);
    keys.add({ keys: { i: reset }, help: "show the image as it is" });
  }
  if (view.channels) openSection("image");
  addLabelImages(context);
  if (!reset && layers.size === 0) element("image").hidden = true;
}

/** Adds brightness, contrast, gamma, and which of red, green and blue are shown. */
function addAdjustments({ layers }: PageContext): () => void {
  const controls = element("image-controls");
  let now = AS_IT_IS;
  const apply = oncePerFrame(() =>
    layers.get("slide")?.adjust(adjustmentTables(now))
  );
  const change = (changes: Partial<typeof now>) => {
    now = { ...now, ...changes };
    apply();
  };
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const of = "Image";
  const sliders = (["brightness", "contrast"] as const).map((label) =>
    addRange(controls, {
      ...{ label, of, min: -1, max: 1, step: 0.01, value: 0, show: percent },
      changed: (value) => change({ [label]: value }),
    })
  );
  const setGamma = addRange(controls, {
    ...{ label: "gamma", of, min: 0.2, max: 3, step: 0.05, value: 1 },
    show: (value) => value.toFixed(2),
    changed: (gamma) => change({ gamma }),
  });
  const row = document.createElement("div");
  row.className = "checks";
  controls.append(row);
  const checks = ["Red", "Green", "Blue"].map((label, i) =>
    addCheck(row, {
      ...{ label, checked: true },
      changed: (checked) => change({ visible: now.visible.with(i, checked) }),
    })
  );
  return () => {
    sliders.forEach((set) => set(0));
    setGamma(1);
    checks.forEach((set) => set(true));
    change(AS_IT_IS);
  };
}
