/**
 * Makes an output folder where it is missing.
 *
 * @param what What goes into it, for the error.
 * @throws {Error} If it cannot be made.
 */
export async function makeFolder(path: string, what: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new Error(
      `Cannot write ${what} as the output folder cannot be made: received "${path}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
}
