/// <reference lib="dom" />
import type { FramePoint, PanZoom } from "./pan_zoom.ts";

/** Handles wheel, mouse and touch. */
export function listenToPointers(frame: HTMLElement, picture: PanZoom): void {
  const pointOf = (event: MouseEvent): FramePoint => {
    const { left, top } = frame.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    const speed = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 0.05 : 0.0015;
    picture.zoom(Math.exp(-event.deltaY * speed), pointOf(event));
  }, { passive: false });
  frame.addEventListener("dblclick", (event) => {
    picture.zoom(2, pointOf(event));
  });

  const pointers = new Map<number, FramePoint>();
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pointOf(event));
  });
  frame.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    const [, other] = [...pointers]
      .find(([id]) => id !== event.pointerId) ?? [];
    if (other) {
      const distance = ({ x, y }: FramePoint) =>
        Math.hypot(x - other.x, y - other.y);
      picture.zoom(distance(now) / Math.max(1, distance(before)), {
        x: (now.x + other.x) / 2,
        y: (now.y + other.y) / 2,
      });
      picture.move(dx / 2, dy / 2); // like the point between the fingers
    } else picture.move(dx, dy);
    pointers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    frame.addEventListener(
      name,
      ({ pointerId }) => pointers.delete(pointerId),
    );
  }
}
