/** What a child is told to read. */
export interface Job {
  /** The module that has the readers. */
  readonly module: string;
  /** Names of readers, which take turns. */
  readonly readers: readonly string[];
  readonly seed: number;
  /** The first input of each. */
  readonly from: number;
  /** The input after the last. Default: until time is up. */
  readonly to?: number;
  /** Time for the inputs of each. Default: until the last. */
  readonly seconds?: number;
  /** A folder of the child's own, for readers that take paths. */
  readonly folder: string;
  /** A file to read in place of made inputs. */
  readonly input?: string;
  readonly limits: Limits;
}

/** What no input may exceed. */
export interface Limits {
  readonly seconds: number;
  /** Bytes of the whole process. */
  readonly memory: number;
}

export const LIMITS: Limits = { seconds: 5, memory: 1e9 };

/** What a child says, a line of JSON each: that it begins an input, what is wrong with one, or that a reader is through. */
export interface Report {
  readonly reader: string;
  readonly index: number;
  readonly problem?: string;
  /** Inputs so far that were read without an error. */
  readonly accepted: number;
  /** Inputs of a reader that is through. */
  readonly done?: number;
}
