/** A range of a GPU buffer. */
export interface BufferRange {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** First byte. */
  readonly offset: number;
  /** Length in bytes. */
  readonly size: number;
}
