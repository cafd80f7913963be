/**
 * Makes an output folder where it is missing. Disposing of it removes it again if it was made and nothing has come into it.
 *
 * @param what What goes into it, for the error.
 * @throws {Error} If it cannot be made.
 */
export async function makeFolder(
  path: string,
  what: string,
): Promise<AsyncDisposable> {
  const isNew = await Deno.lstat(path).then(
    () => false,
    (error) => error instanceof Deno.errors.NotFound,
  );
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
  return {
    async [Symbol.asyncDispose]() {
      // The system itself refuses to remove a folder with something in it.
      if (isNew) await Deno.remove(path).catch(() => {});
    },
  };
}
