import type { EditSession } from "./edit_session.ts";
import type { Step } from "./steps.ts";

/** What one action of a person changed, which is undone at once. */
interface Edit {
  /** What was done, as "split". */
  readonly name: string;
  readonly steps: readonly Step[];
  /** When, by the session's clock. */
  time: number;
}

/** All that was done on this page, to take it back and do it again. */
export class History {
  readonly #session: EditSession;
  readonly #done: Edit[] = [];
  #undone: Edit[] = [];

  constructor(session: EditSession) {
    this.#session = session;
  }

  /** Whether there is something to take back. */
  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  /** Whether there is something to do again. */
  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Does something. */
  do(name: string, steps: readonly Step[]): void {
    this.#done.push({ name, steps, time: this.#session.clock });
    this.#undone = [];
    this.#session.apply(steps);
  }

  /** Takes back the last thing. Returns what to tell the person. */
  undo(): string {
    const edit = this.#done.pop();
    if (!edit) return "There is nothing to undo.";
    const back = edit.steps.map(({ id, before, after }) => ({
      id,
      before: after,
      after: before,
    })).toReversed();
    return this.#go(edit, { steps: back, to: this.#undone, word: "Undo" });
  }

  /** Does again what was taken back last. Returns what to tell the person. */
  redo(): string {
    const edit = this.#undone.pop();
    if (!edit) return "There is nothing to redo.";
    const { steps } = edit;
    return this.#go(edit, { steps, to: this.#done, word: "Redo" });
  }

  #go(
    edit: Edit,
    { steps, to, word }: {
      readonly steps: readonly Step[];
      readonly to: Edit[];
      readonly word: string;
    },
  ): string {
    const isOverwritten = steps.some(({ id }) =>
      this.#session.isOverwritten(id, edit.time)
    );
    if (isOverwritten) {
      return `Cannot ${word.toLowerCase()} “${edit.name}”: another window has changed the object since, or its change was taken back. This step is left out.`;
    }
    this.#session.apply(steps);
    edit.time = this.#session.clock;
    to.push(edit);
    return `${word}: ${edit.name}`;
  }
}
