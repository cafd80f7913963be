/// <reference lib="dom" />

/** An action that is done at most once a frame, in the next one, however often it is asked for. */
export function oncePerFrame(action: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      action();
    });
  };
}

/** The context of a canvas that fills its place on the page at the screen's resolution, in its own pixels. */
export function fittedContext(
  canvas: HTMLCanvasElement,
): CanvasRenderingContext2D {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
    .map((side) => Math.round(side * devicePixelRatio));
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  return context;
}

/** The same, cleared. */
export function clearedContext(
  canvas: HTMLCanvasElement,
): CanvasRenderingContext2D {
  const context = fittedContext(canvas);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}
