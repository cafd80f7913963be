import type { Change } from "../../../src/corrections/change.ts";
import type { Classification } from "../../../src/corrections/correction.ts";
import type { ViewObject } from "../../../src/view/description.ts";
import { fetchObjects } from "../fetch_objects.ts";

/** What the server answers to changes. */
export interface Answer {
  /** The version of the corrections from now on. */
  readonly version: number;
  /** The objects of these changes, and those that others changed since the last answer. */
  readonly objects: readonly ViewObject[];
  /** The ids of those that are removed. */
  readonly removed: readonly string[];
}

const AWAY = "The server does not answer.";

/** Changes that the server does not take. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** The status of its answer. */
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** The server's side of corrections of a slide. */
export class CorrectionServer {
  readonly #base: string;
  /** The classes that its objects may have. */
  classes: readonly Classification[] = [];
  #token = "";
  #version = 0;

  /** @param base Where the slide's requests go. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Asks for the token, the version and the classes. */
  async open(): Promise<void> {
    const response = await fetch(`${this.#base}corrections`);
    if (!response.ok) throw await refusalOf(response);
    const { token, version, classes } = await response.json();
    [this.#token, this.#version] = [token, version];
    this.classes = classes;
  }

  /** Sends changes. */
  async send(changes: readonly Change[]): Promise<Answer> {
    const response = await fetch(`${this.#base}corrections`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-tilewise-token": this.#token,
      },
      body: JSON.stringify({ base: this.#version, changes }),
    }).catch(() => {
      throw new Error(AWAY);
    });
    if (!response.ok) throw await refusalOf(response);
    const answer: Answer = await response.json();
    this.#version = answer.version;
    return answer;
  }

  /** All objects, and from now on changes are based on them. */
  async fetchAll(): Promise<ViewObject[]> {
    try {
      await this.open(); // before the objects, so that no change falls between the two
      return await fetchObjects(this.#base);
    } catch (error) {
      throw error instanceof Refusal ? error : new Error(AWAY);
    }
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  return new Refusal(response.status, (await response.text()).trim());
}
