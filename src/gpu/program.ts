/** How a shader uses one of its bindings. */
export type Access = "read" | "write" | "uniform";

/** A compute shader ready to compile: its source, its bindings by name, and the workgroups to dispatch. */
export interface Program {
  /** The kernel's name, which labels the GPU objects. */
  readonly name: string;
  /** WGSL, with an entry point `main`. */
  readonly code: string;
  /** The bindings of group 0 by name. */
  readonly bindings: Readonly<Record<string, Binding>>;
  /** Values of the uniform bindings that the operands' shapes determine. */
  readonly uniforms: Readonly<Record<string, Uint32Array<ArrayBuffer>>>;
  /** Workgroups to dispatch, by axis. */
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** One binding of a {@linkcode Program}. */
export interface Binding {
  /** The number after `@binding`. */
  readonly index: number;
  /** How the shader uses it. */
  readonly access: Access;
}

const DECLARATION =
  /@group\(0\) @binding\((\d+)\) var<(storage, read_write|storage, read|uniform)> (\w+):/g;

/** Reads the bindings that a shader declares for group 0. */
export function readBindings(code: string): Record<string, Binding> {
  const bindings: Record<string, Binding> = {};
  for (const [, index, space, name] of code.matchAll(DECLARATION)) {
    const access = space === "uniform"
      ? "uniform"
      : space === "storage, read"
      ? "read"
      : "write";
    bindings[name] = { index: Number(index), access };
  }
  return bindings;
}
