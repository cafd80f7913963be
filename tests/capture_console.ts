/** Runs a command in this process, and keeps what it prints. */
export async function captureConsole(
  command: () => Promise<number>,
): Promise<{ code: number; out: string; error: string }> {
  const { log, error } = console;
  const printed = { out: "", error: "" };
  console.log = (text: string) => void (printed.out += text + "\n");
  console.error = (text: string) => void (printed.error += text + "\n");
  try {
    const code = await command();
    return { ...printed, code };
  } finally {
    Object.assign(console, { log, error });
  }
}
