const ABSENT = [
  ...["NotFound", "NotADirectory", "IsADirectory"],
  ...["PermissionDenied", "NotCapable"],
];

/**
 * Whether an error of the system says that a file is not there, is a folder, or may not be read. Otherwise its medium fails: then
 * nothing is known about the file, and to go on as if it were not there would be wrong.
 */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && ABSENT.includes(error.name);
}

/** Whether a file, or one of its folders, does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "NotFound";
}
