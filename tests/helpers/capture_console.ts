/** What commands say of the device they compute on, which differs from machine to machine. */
export const ABOUT_DEVICE = /^(Device: |tilewise: warning: .*software adapter)/;

/** Runs a command in this process, and keeps what it prints; what it says of its device apart. */
export async function captureConsole(
  command: () => Promise<number>,
): Promise<{ code: number; out: string; error: string; device: string }> {
  const { log, error } = console;
  const printed = { out: "", error: "", device: "" };
  console.log = (text: string) => void (printed.out += text + "\n");
  console.error = (text: string) => {
    printed[ABOUT_DEVICE.test(text) ? "device" : "error"] += text + "\n";
  };
  try {
    const code = await command();
    return { ...printed, code };
  } finally {
    Object.assign(console, { log, error });
  }
}
