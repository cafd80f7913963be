/** Which program and which run made a result; what files say of themselves where their format can. */
export interface Producer {
  /** Tilewise's version. */
  readonly version: string;
  /** The run's id, the same in all results of one command. */
  readonly run: string;
}

/** A producer as files name it. */
export function producerText({ version, run }: Producer): string {
  return `Tilewise ${version}, run ${run}`;
}
