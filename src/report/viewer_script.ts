/**
 * The script of the picture: zoom and pan by wheel, pointers, buttons and keys; the outlines' opacity; a scale bar. It is a
 * string of JavaScript, as it goes into the page.
 */
export const viewerScript = `
"use strict";
for (const viewer of document.querySelectorAll(".viewer")) {
  const stage = viewer.querySelector(".stage");
  const bar = viewer.querySelector(".scalebar");
  const width = Number(viewer.dataset.width), height = Number(viewer.dataset.height);
  const micrometres = Number(viewer.dataset.micrometres);
  let scale = 1, x = 0, y = 0, isFit = true;
  const fitScale = () => Math.min(viewer.clientWidth / width, viewer.clientHeight / height);
  const show = () => {
    // The picture's middle never leaves the frame.
    x = Math.min(viewer.clientWidth / 2, Math.max(viewer.clientWidth / 2 - width * scale, x));
    y = Math.min(viewer.clientHeight / 2, Math.max(viewer.clientHeight / 2 - height * scale, y));
    stage.style.width = width * scale + "px";
    stage.style.height = height * scale + "px";
    stage.style.transform = "translate(" + x + "px," + y + "px)";
    stage.classList.toggle("near", scale > 3);
    if (!micrometres) return;
    const longest = micrometres * 120 / scale;
    const power = 10 ** Math.floor(Math.log10(longest));
    const length = [5, 2, 1].map((digit) => digit * power).find((value) => value <= longest);
    bar.hidden = false;
    bar.firstElementChild.style.width = length / micrometres * scale + "px";
    bar.lastElementChild.textContent = length >= 1000 ? length / 1000 + " mm" : length + " µm";
  };
  const fit = () => {
    isFit = true;
    scale = fitScale();
    x = (viewer.clientWidth - width * scale) / 2;
    y = (viewer.clientHeight - height * scale) / 2;
    show();
  };
  const zoom = (factor, atX = viewer.clientWidth / 2, atY = viewer.clientHeight / 2) => {
    const next = Math.min(16, Math.max(fitScale() / 2, scale * factor));
    x = atX - (atX - x) * next / scale;
    y = atY - (atY - y) * next / scale;
    scale = next;
    isFit = false;
    show();
  };
  const move = (dx, dy) => {
    x += dx;
    y += dy;
    isFit = false;
    show();
  };
  const place = (event) => {
    const box = viewer.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  viewer.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event);
    zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), at.x, at.y);
  }, { passive: false });
  const pointers = new Map();
  viewer.addEventListener("pointerdown", (event) => {
    viewer.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
  });
  viewer.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = (point) => Math.hypot(point.x - other.x, point.y - other.y);
      zoom(distance(now) / Math.max(1, distance(before)), (now.x + other.x) / 2, (now.y + other.y) / 2);
      move((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else move(now.x - before.x, now.y - before.y);
    pointers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    viewer.addEventListener(name, (event) => pointers.delete(event.pointerId));
  }
  viewer.addEventListener("dblclick", (event) => {
    const at = place(event);
    zoom(2, at.x, at.y);
  });
  const keys = {
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": fit,
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
  };
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  const card = viewer.parentElement;
  const actions = { in: () => zoom(1.5), out: () => zoom(1 / 1.5), fit };
  for (const button of card.querySelectorAll("button")) {
    button.addEventListener("click", () => actions[button.dataset.action]());
  }
  const opacity = card.querySelector("input");
  const layer = stage.querySelector(".outlines");
  opacity?.addEventListener("input", () => layer.style.opacity = opacity.value / 100);
  new ResizeObserver(() => isFit ? fit() : show()).observe(viewer);
}
`;
