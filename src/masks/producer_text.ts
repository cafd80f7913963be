/** The program and the run that made a result, for files whose format has a place for it. */
export interface Producer {
  /** Tilewise's version. */
  readonly version: string;
  /** The run's id, the same in all results of one command. */
  readonly run: string;
}

/** A producer as text for files. */
export function producerText({ version, run }: Producer): string {
  return `Tilewise ${version}, run ${run}`;
}
