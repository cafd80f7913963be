/// <reference lib="dom" />
import { element } from "./element.ts";
import type { PageContext } from "./page_context.ts";
import type { Placement } from "./placement.ts";

/** Adds saving what is in sight, with layers, outlines and scale bar, as a PNG in the screen's own pixels. */
export function addSnapshot(
  { viewer, view, outlines, placement, keys, notice }: PageContext,
): void {
  async function save(): Promise<void> {
    const place = placement();
    if (!place) return;
    outlines.draw(place); // while the slide moves, the last drawing may be of another place
    const picture = draw(viewer.canvas as HTMLElement);
    const blob = await new Promise<Blob | null>((resolve) =>
      picture.toBlob(resolve)
    );
    if (!blob) return notice("The browser cannot save a picture of this size.");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = nameOf(view.name, place);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
  element("snapshot").addEventListener("click", save);
  keys.add({ keys: { s: save }, help: "save what is in sight as a picture" });
}

/** `NAME_x1200_y800_0.5.png`: the slide, the level-0 pixel in the center, and pixels of the screen per level-0 pixel. */
function nameOf(slide: string, place: Placement): string {
  const { clientWidth, clientHeight } = element("viewer");
  const [x, y] = place.toSlide(clientWidth / 2, clientHeight / 2)
    .map(Math.round);
  const name = slide.replace(/[\\/:*?"<>|\p{Cc}]/gu, "-");
  return `${name}_x${x}_y${y}_${Number(place.zoom.toPrecision(4))}.png`;
}

/** Draws all canvases that lie over each other, as the page shows them, and the scale bar. */
function draw(frame: HTMLElement): HTMLCanvasElement {
  const { clientWidth, clientHeight } = frame;
  const picture = document.createElement("canvas");
  picture.width = Math.round(clientWidth * devicePixelRatio);
  picture.height = Math.round(clientHeight * devicePixelRatio);
  const context = picture.getContext("2d")!;
  context.fillStyle = getComputedStyle(document.querySelector("main")!)
    .backgroundColor;
  context.fillRect(0, 0, picture.width, picture.height);
  for (const canvas of frame.querySelectorAll("canvas")) {
    const { filter, opacity, display } = getComputedStyle(canvas);
    if (canvas.width * canvas.height === 0 || display === "none") continue;
    context.filter = filter;
    context.globalAlpha = Number(opacity);
    context.drawImage(canvas, 0, 0, picture.width, picture.height);
  }
  context.filter = "none";
  context.globalAlpha = 1;
  context.scale(devicePixelRatio, devicePixelRatio);
  drawScale(context, frame);
  return picture;
}

/** Draws the scale bar where the page has it. */
function drawScale(
  context: CanvasRenderingContext2D,
  frame: HTMLElement,
): void {
  const outer = frame.getBoundingClientRect();
  const boxOf = (id: string) => {
    const { x, y, width, height } = element(id).getBoundingClientRect();
    return [x - outer.x, y - outer.y, width, height] as const;
  };
  const style = getComputedStyle(element("scale"));
  context.fillStyle = style.backgroundColor;
  context.fillRect(...boxOf("scale"));
  context.fillStyle = context.strokeStyle = style.color;
  context.lineWidth = 2;
  const [x, y, width, height] = boxOf("scale-bar");
  context.beginPath();
  context.moveTo(x + 1, y);
  context.lineTo(x + 1, y + height - 1);
  context.lineTo(x + width - 1, y + height - 1);
  context.lineTo(x + width - 1, y);
  context.stroke();
  const [left, top, wide, high] = boxOf("scale-label");
  context.font = `${style.fontSize} ${style.fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const text = element("scale-label").textContent ?? "";
  context.fillText(text, left + wide / 2, top + high / 2);
}
