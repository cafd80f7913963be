/// <reference lib="dom" />

/** Actions by the names of their keys. */
export type Keys = Readonly<Record<string, () => void>>;

/** The keys that move a picture, the same on all pages; `pan` takes steps to the right and down. */
export function movingKeys({ zoom, pan, fit }: {
  zoom(factor: number): void;
  pan(x: number, y: number): void;
  fit(): void;
}): Keys {
  return {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    "0": fit,
    ArrowLeft: () => pan(-1, 0),
    ArrowRight: () => pan(1, 0),
    ArrowUp: () => pan(0, -1),
    ArrowDown: () => pan(0, 1),
  };
}

/**
 * Handles keys by their names, except with Alt: `a`, `A`, and with Ctrl (on a Mac, Command) `Ctrl+z` and
 * `Ctrl+Shift+z`.
 */
export function listenToKeys(
  target: Document | HTMLElement,
  keys: Keys,
  { isTaken = () => false }: { isTaken?(event: KeyboardEvent): boolean } = {},
): void {
  target.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent)) return;
    if (event.altKey) return;
    const name = event.ctrlKey || event.metaKey
      ? `Ctrl+${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}`
      : event.key;
    if (!Object.hasOwn(keys, name) || isTaken(event)) return;
    event.preventDefault();
    keys[name]();
  });
}
