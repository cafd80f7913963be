import { Gpu } from "../../src/gpu/gpu.ts";

/** One GPU for all tests of a file, disposed of after them. */
export const gpu: Gpu = await Gpu.request();

Deno.test.afterAll(() => gpu[Symbol.dispose]());
