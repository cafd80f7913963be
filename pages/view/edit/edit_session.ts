import type { Change } from "../../../src/corrections/change.ts";
import type { ViewObject } from "../../../src/view/description.ts";
import type { ObjectStore } from "../object_store.ts";
import { changeOf, isSame, type Step, wholeChange } from "./steps.ts";
import type { Answer, CorrectionServer, Refusal } from "./correction_server.ts";

/** How far the changes are saved. */
export type SaveState =
  | { readonly kind: "saved" }
  | { readonly kind: "saving" }
  | {
    readonly kind: "failed";
    readonly reason: string;
    /** When it is tried again, in milliseconds since 1970. */
    readonly again: number;
  };

/** An object that another window changed at the same time, or whose change the server refuses. */
export interface Conflict {
  readonly id: string;
  /** As it is here; `undefined`: removed. */
  readonly mine: ViewObject | undefined;
  /** As the other window, or the server, has it; `undefined`: removed. */
  readonly theirs: ViewObject | undefined;
  /** Why the server refuses it. Default: another window changed it. */
  readonly reason?: string;
}

/** Where the objects of the page are. */
type Store = Pick<ObjectStore, "objects" | "get" | "put" | "remove">;

/** The most characters of one request, half of what the server takes. */
const MOST = 4 << 20;

/** Seconds between attempts to save: the first, and the longest. */
const PAUSES = [1, 15];

/**
 * The changes of this page on their way to the server: in order, one request at a time, those that wait together. What
 * cannot be saved stays, and is tried again after a look at what the server has by then.
 */
export class EditSession {
  /** The objects that were changed here, as the server had them last. */
  readonly #known = new Map<string, ViewObject | undefined>();
  /** When others changed an object, by this session's clock. */
  readonly #others = new Map<string, number>();
  readonly #conflicts = new Map<string, Conflict>();
  readonly #listeners: (() => void)[] = [];
  readonly #server: Pick<CorrectionServer, "send" | "fetchAll">;
  readonly #store: Store;
  #waiting: Change[] = [];
  #sending: Change[] = [];
  #most = MOST;
  #state: SaveState = { kind: "saved" };
  #wake = () => {};
  #running = false;

  constructor(
    server: Pick<CorrectionServer, "send" | "fetchAll">,
    store: Store,
  ) {
    this.#server = server;
    this.#store = store;
  }

  /** Counts the changes of others. */
  clock = 0;

  /** How far the changes are saved. */
  get state(): SaveState {
    return this.#state;
  }

  /** Whether changes are not saved. */
  get isUnsaved(): boolean {
    return this.#waiting.length + this.#sending.length + this.#conflicts.size >
      0;
  }

  /** Objects that both this page and another changed, which wait for a decision. */
  get conflicts(): readonly Conflict[] {
    return [...this.#conflicts.values()];
  }

  /** Calls back when any of these changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Whether another window has changed an object since a time of the clock. */
  isOverwritten(id: string, since: number): boolean {
    return (this.#others.get(id) ?? 0) > since;
  }

  /** Changes objects here, and on the server as soon as it can. */
  apply(steps: readonly Step[]): void {
    for (const { id } of steps) {
      if (!this.#known.has(id)) this.#known.set(id, this.#store.get(id));
    }
    this.#waiting.push(...steps.map(changeOf));
    this.#show(steps.map(({ id, after }) => [id, after]));
    for (const { id, after } of steps) {
      const conflict = this.#conflicts.get(id);
      if (conflict) this.#conflicts.set(id, { ...conflict, mine: after });
    }
    this.#run();
  }

  /** Tries to save now. */
  retry(): void {
    this.#wake();
  }

  /** Decides a conflict. */
  decide({ id, theirs, mine }: Conflict, keep: "mine" | "theirs"): void {
    this.#conflicts.delete(id);
    this.#waiting = this.#waiting.filter((change) => change.id !== id);
    if (keep === "mine") this.#waiting.push(wholeChange(id, mine));
    else {
      this.#others.set(id, ++this.clock);
      this.#show([[id, theirs]]);
    }
    this.#run();
  }

  async #run(): Promise<void> {
    this.#tell();
    if (this.#running) return;
    this.#running = true;
    let failures = 0;
    let refused = 0;
    while (this.#take()) {
      this.#tell({ kind: "saving" });
      const sent = this.#snapshot(this.#sending);
      try {
        const answer = await this.#server.send(this.#sending);
        this.#sending = [];
        this.#accept(answer, new Set(sent.keys()));
        [failures, refused] = [0, 0];
        this.#most = MOST;
        continue;
      } catch (error) {
        const { status, message } = error as Refusal;
        const [{ id }, ...others] = this.#sending;
        this.#waiting = [...this.#sending, ...this.#waiting];
        this.#sending = [];
        const isBad = status === 400 || status === 413;
        const isStale = status === 409 || status === 403;
        if (isBad && others.length === 0) this.#refuse(id, message);
        // Change by change, so that one bad change holds up no other.
        else if (isBad) this.#most = 0;
        else if (!isStale || refused++ > 0) {
          await this.#pause(failures++, message);
        }
      }
      while (true) {
        try {
          await this.#catchUp(sent);
          break;
        } catch (error) {
          await this.#pause(failures++, (error as Error).message);
        }
      }
    }
    this.#running = false;
    this.#tell({ kind: "saved" });
  }

  /** Takes what waits, but for objects in conflict, and no more than a request may hold. */
  #take(): boolean {
    let size = 0;
    const later: Change[] = [];
    for (const change of this.#waiting) {
      const held = this.#conflicts.has(change.id);
      if (!held) size += JSON.stringify(change).length + 1;
      const fits = this.#sending.length === 0 || size <= this.#most;
      if (held || !fits) later.push(change);
      else this.#sending.push(change);
    }
    this.#waiting = later;
    return this.#sending.length > 0;
  }

  /** The objects of changes, as they are here. */
  #snapshot(changes: readonly Change[]): Map<string, ViewObject | undefined> {
    return new Map(changes.map(({ id }) => [id, this.#store.get(id)]));
  }

  #refuse(id: string, reason: string): void {
    const [mine, theirs] = [this.#store.get(id), this.#known.get(id)];
    this.#conflicts.set(id, { id, mine, theirs, reason });
  }

  /** Takes over what the server has made of the changes of `own`, and what others have changed. */
  #accept({ objects, removed }: Answer, own: ReadonlySet<string>): void {
    const found = new Map<string, ViewObject | undefined>([
      ...objects.map((object) => [object.id!, object] as const),
      ...removed.map((id) => [id, undefined] as const),
    ]);
    const shown: [string, ViewObject | undefined][] = [];
    for (const [id, object] of found) {
      const isNewer = this.#waiting.some((change) => change.id === id);
      if (!own.has(id)) this.#takeTheirs(id, object, { isNewer });
      this.#known.set(id, object);
      if (!isNewer) shown.push([id, object]);
    }
    this.#show(shown);
  }

  #takeTheirs(
    id: string,
    theirs: ViewObject | undefined,
    { isNewer }: { readonly isNewer: boolean },
  ): void {
    if (!isNewer) this.#others.set(id, ++this.clock);
    else this.#conflicts.set(id, { id, theirs, mine: this.#store.get(id) });
  }

  /**
   * Finds out what became of changes whose request failed, and what others have changed since: what was saved waits no
   * longer, and what another window changed is a conflict.
   */
  async #catchUp(
    sent: ReadonlyMap<string, ViewObject | undefined>,
  ): Promise<void> {
    const objects = await this.#server.fetchAll();
    const now = new Map(objects.map((object) => [object.id!, object]));
    const before = (id: string) =>
      this.#known.has(id) ? this.#known.get(id) : this.#store.get(id);
    const ids = new Set([
      ...now.keys(),
      ...[...this.#store.objects].map(({ id }) => id!),
      ...this.#known.keys(),
    ]);
    const shown: [string, ViewObject | undefined][] = [];
    for (const id of ids) {
      const theirs = now.get(id);
      if (isSame(theirs, before(id))) continue;
      const waits = this.#waiting.some((change) => change.id === id);
      if (sent.has(id) && isSame(theirs, sent.get(id))) {
        // The server had saved it, and only its answer was lost.
        this.#forget(id, sent);
      } else this.#takeTheirs(id, theirs, { isNewer: waits });
      this.#known.set(id, theirs);
      if (!waits) shown.push([id, theirs]);
    }
    this.#show(shown);
  }

  /** Drops the changes of an object that turned out to be saved. */
  #forget(
    id: string,
    sent: ReadonlyMap<string, ViewObject | undefined>,
  ): void {
    const isNewer = !isSame(this.#store.get(id), sent.get(id));
    this.#waiting = this.#waiting.filter((change) => change.id !== id);
    if (isNewer) this.#waiting.push(wholeChange(id, this.#store.get(id)));
  }

  async #pause(failures: number, reason: string): Promise<void> {
    const seconds = Math.min(PAUSES[0] * 2 ** failures, PAUSES[1]);
    const again = Date.now() + seconds * 1000;
    this.#tell({ kind: "failed", reason, again });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  #show(objects: readonly (readonly [string, ViewObject | undefined])[]): void {
    const present = objects.flatMap(([id, object]) =>
      object ? [{ ...object, id }] : []
    );
    const gone = objects.filter(([, object]) => !object).map(([id]) => id);
    if (present.length > 0) this.#store.put(present);
    if (gone.length > 0) this.#store.remove(gone);
  }

  #tell(state = this.#state): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
