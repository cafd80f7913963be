import type { Placement } from "../placement.ts";

/** Where the pointer is. */
export interface ToolPointer {
  /** In level-0 pixels; may lie outside the slide. */
  readonly x: number;
  readonly y: number;
  /** Screen pixels per level-0 pixel. */
  readonly zoom: number;
}

/** What the pointer does on the slide. */
export interface Tool {
  /** Its name, on its button. */
  readonly name: string;
  /** Its picture: a path in a square of 16. */
  readonly icon: string;
  /** Its key. */
  readonly key: string;
  /** What it does, for the help. */
  readonly help: string;
  /** The pointer is pressed. */
  begin?(at: ToolPointer): void;
  /** The pointer moves while it is pressed. */
  drag?(at: ToolPointer): void;
  /** The pointer is let go. */
  end?(at: ToolPointer): void;
  /** The pointer moves, pressed or not, or has left. */
  hover?(at: ToolPointer | undefined): void;
  /** What was pressed is not meant: two fingers are to move the slide. */
  drop?(): void;
  /** Enter. */
  finish?(): void;
  /** Backspace. */
  back?(): void;
  /** Forgets what has been begun; `true` if there was something. */
  cancel?(): boolean;
  /** Draws what is being done; `place` is applied to the canvas already. */
  draw?(canvas: CanvasRenderingContext2D, place: Placement): void;
}
