import type { LayerId } from "../../src/view/description.ts";
import { GREEN, maskColors, probabilityColors } from "./color_table.ts";
import { addLayerControls } from "./layer_controls.ts";
import { MapLayer } from "./map_layer.ts";
import type { PageContext } from "./page_context.ts";

const LABELS = {
  slide: "Slide",
  probability: "Probability",
  mask: "Mask",
};

function isPicture(id: LayerId): id is keyof typeof LABELS {
  return id in LABELS;
}

/** Loads the layers, and adds their controls. */
export async function addLayers(
  { view, base, viewer, controls, keys, ...context }: PageContext,
): Promise<void> {
  const layers = context.layers as Map<LayerId, MapLayer>;
  const has = (id: LayerId) => view.layers.some((layer) => layer.id === id);
  for (const description of view.layers) {
    const { id } = description;
    if (!isPicture(id)) continue; // channels have controls of their own
    const threshold = view.threshold ?? 0.5;
    const colors = {
      slide: undefined,
      mask: description.colored ? undefined : maskColors(),
      probability: probabilityColors(threshold),
    }[id];
    const layer = new MapLayer(viewer, description, {
      base,
      slideWidth: view.width,
      colors,
    });
    layers.set(id, layer);
    controls[id] = addLayerControls({
      label: LABELS[id],
      swatch: id === "mask" && !description.colored
        ? `rgb(${GREEN.join(" ")})`
        : undefined,
      visible: id !== "mask" || !has("probability"),
      opacity: { slide: 1, probability: 0.5, mask: 0.4 }[id],
      threshold: id === "probability" ? threshold : undefined,
      show: (visible, opacity) => layer.show(visible, opacity),
      cut: (threshold) => layer.recolor(probabilityColors(threshold)),
    });
    await layer.load();
  }
  keys.add({
    keys: {
      p: () => controls.probability?.toggle(),
      m: () => controls.mask?.toggle(),
      o: () => controls.outlines?.toggle(),
    },
    help: "show or hide probability, mask, outlines",
  });
  keys.add({
    keys: {
      "[": () => controls.probability?.move(-0.05),
      "]": () => controls.probability?.move(0.05),
    },
    help: "threshold down, up",
  });
}

/** Adds the controls of the outlines. */
export function addOutlineControls(
  { controls, outlines, redraw }: PageContext,
): void {
  controls.outlines = addLayerControls({
    label: "Outlines",
    visible: true,
    show(visible) {
      outlines.visible = visible;
      redraw();
    },
  });
}
