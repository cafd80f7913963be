import type { ByteSource } from "./byte_source.ts";

/** Lets a file open others of its folder, which are closed with it. */
export function withSiblings(
  source: ByteSource,
  open: (name: string) => Promise<ByteSource>,
): ByteSource {
  const opened: ByteSource[] = [];
  return {
    size: source.size,
    version: source.version,
    read: source.read.bind(source),
    prefetch: source.prefetch?.bind(source),
    async openBeside(name: string): Promise<ByteSource> {
      const sibling = await open(name);
      opened.push(sibling);
      return sibling;
    },
    async close(): Promise<void> {
      await Promise.all([source, ...opened].map((each) => each.close()));
    },
  };
}
