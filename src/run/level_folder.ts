/** The name of the folder of results at another threshold, beside those of the run. */
export function levelFolder(threshold: number): string {
  return `threshold-${threshold}`;
}

/** Whether a folder holds results at another threshold, so that they are not those of another slide. */
export function isLevelFolder(name: string): boolean {
  return /^threshold-[01](?:\.\d{1,20})?$/.test(name);
}
