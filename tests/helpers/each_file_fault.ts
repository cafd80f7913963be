import { FaultyFiles, type FileFault } from "./faulty_files.ts";

/**
 * Does some work once for every use of a file in a folder, which fails, until the work passes untouched.
 *
 * @param work Is given what failed, once it has, and which use that was.
 * @returns the number of faults.
 */
export async function eachFileFault(
  folder: string,
  fault: FileFault,
  work: (files: FaultyFiles) => Promise<void>,
): Promise<number> {
  for (let at = 0;; at++) {
    using files = new FaultyFiles(folder, { fault, at });
    await work(files);
    if (files.open > 0) throw new Error(`open after ${files.failed}`);
    if (files.failed === undefined) return at;
  }
}
