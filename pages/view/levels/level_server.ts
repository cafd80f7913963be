import type { LevelLine, ViewObject } from "../../../src/view/description.ts";
import type { Bounds } from "../placement.ts";

/** Objects in sight, as the server traces them. */
export interface Contours {
  readonly objects: readonly ViewObject[];
  /** Level-0 pixels per pixel that was traced. */
  readonly scale: number;
  /** Whether too much is in sight to trace it. */
  readonly tooMany?: boolean;
}

/** What the server answers about objects at a threshold. */
export class LevelServer {
  readonly #base: string;

  /** `base` is where the slide's requests go. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Traces what is in a rectangle; `zoom` is screen pixels per level-0 pixel. */
  async contours(
    threshold: number,
    { zoom, left, top, right, bottom }: Bounds & { readonly zoom: number },
  ): Promise<Contours> {
    const place = { threshold, zoom, left, top, right, bottom };
    return await (await this.#get("contours", place)).json();
  }

  /** Counts all objects: yields the share that is done, and what was found at the end. */
  async *count(
    threshold: number,
    signal: AbortSignal,
  ): AsyncGenerator<LevelLine, void, undefined> {
    const { body } = await this.#get("level", { threshold }, signal);
    const text = body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let last: LevelLine | undefined;
    for (;;) {
      const { value, done } = await text.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield last = JSON.parse(line) as LevelLine;
    }
    if (!last || !("all" in last)) throw new Error("The count was cut short.");
  }

  /** All objects at the threshold that was counted last, some thousands at a time. */
  async objects(
    threshold: number,
    signal: AbortSignal,
  ): Promise<ViewObject[]> {
    const found: ViewObject[] = [];
    for (;;) {
      const from = found.length;
      const answer = await this.#get("level.json", { threshold, from }, signal);
      const { objects, total }: { objects: ViewObject[]; total: number } =
        await answer.json();
      found.push(...objects);
      if (objects.length === 0 || found.length >= total) return found;
    }
  }

  /** Writes the objects as results; gives the folder and the names of the files. */
  async keep(
    threshold: number,
  ): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
    const { token } = await (await this.#get("corrections", {})).json();
    const answer = await fetch(`${this.#base}keep`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-tilewise-token": token,
      },
      body: JSON.stringify({ threshold }),
    });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    return await answer.json();
  }

  /** The address of a tile of the mask, after that of the slide. */
  maskTile(threshold: number, zoom: number, x: number, y: number): string {
    return `level-mask?${query({ threshold, zoom, column: x, row: y })}`;
  }

  async #get(
    name: string,
    values: Readonly<Record<string, number>>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const url = `${this.#base}${name}?${query(values)}`;
    const answer = await fetch(url, { signal });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    return answer;
  }
}

function query(values: Readonly<Record<string, number>>): string {
  return new URLSearchParams(
    Object.entries(values).map(([name, value]) => [name, String(value)]),
  ).toString();
}
