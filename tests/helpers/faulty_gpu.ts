/** How a call of WebGPU fails. */
export type GpuFault =
  /** It throws, as an implementation must not but does. */
  | "throws"
  /** Its promise rejects; a call without one throws. */
  | "rejects"
  /** Its promise never settles; a call without one does nothing. */
  | "hangs"
  /** The device is lost. */
  | "lost"
  /** Memory has run out. */
  | "out of memory";

/** All of them. */
export const GPU_FAULTS: readonly GpuFault[] = [
  ...["throws", "rejects", "hangs", "lost", "out of memory"] as const,
];

/** Calls of WebGPU that a {@linkcode FaultyGpu} counts and can let fail. */
const CALLS = [
  ...["createBuffer", "createShaderModule", "createBindGroupLayout"],
  ...["createPipelineLayout", "createComputePipelineAsync", "createBindGroup"],
  ...["createCommandEncoder", "popErrorScope"],
] as const;
const QUEUE_CALLS = ["submit", "writeBuffer"] as const;

// deno-lint-ignore no-explicit-any -- methods are replaced whatever their types
type Methods = Record<string, (...args: any[]) => any>;

/**
 * Makes devices that are requested meanwhile fail at their n-th call: for tests of what happens then. Calls are counted
 * over all devices. Until it is disposed of, `navigator.gpu` gives such devices.
 */
export class FaultyGpu implements Disposable {
  /** Calls so far. */
  calls = 0;
  /** The call that failed, if one has. */
  failed: string | undefined;
  /** Devices that were requested. */
  devices = 0;
  readonly #fault: GpuFault;
  readonly #at: number;
  readonly #request = navigator.gpu.requestAdapter;
  /** Takes its methods from devices again: they would keep the devices alive. */
  readonly #undo: (() => void)[] = [];

  /**
   * @param fault What happens.
   * @param at The call at which it happens, from 0; `Infinity` only counts.
   */
  constructor(fault: GpuFault, at: number) {
    this.#fault = fault;
    this.#at = at;
    const request = this.#request.bind(navigator.gpu);
    navigator.gpu.requestAdapter = async (options) => {
      const adapter = await request(options);
      if (!adapter) return adapter;
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) =>
        this.#instrument(await requestDevice(descriptor));
      return adapter;
    };
  }

  /** Gives `navigator.gpu` back. */
  [Symbol.dispose](): void {
    navigator.gpu.requestAdapter = this.#request;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #instrument(device: GPUDevice): GPUDevice {
    this.devices++;
    const { promise: lost, resolve } = Promise.withResolvers<
      GPUDeviceLostInfo
    >();
    device.lost.then(resolve);
    Object.defineProperty(device, "lost", { value: lost });
    const lose = () => {
      // A real loss also fails what is under way, as destroying the device does.
      const info: unknown = { reason: "unknown", message: "injected" };
      resolve(info as GPUDeviceLostInfo);
      device.destroy();
    };
    for (const name of CALLS) this.#wrap(device, name, lose);
    for (const name of QUEUE_CALLS) this.#wrap(device.queue, name, lose);
    const createBuffer = device.createBuffer;
    this.#undo.push(() => delete (device as unknown as Methods).createBuffer);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer.call(device, descriptor);
      this.#wrap(buffer, "mapAsync", lose);
      return buffer;
    };
    return device;
  }

  #wrap(target: object, name: string, lose: () => void): void {
    const methods = target as Methods;
    const method = methods[name].bind(target);
    this.#undo.push(() => delete methods[name]);
    methods[name] = (...args) => {
      if (this.calls++ !== this.#at) return method(...args);
      this.failed = name;
      const waits = /Async$|^popErrorScope$/.test(name);
      const error = new DOMException("injected", "OperationError");
      switch (this.#fault) {
        case "throws":
          throw new TypeError("injected");
        case "rejects":
          if (waits) return Promise.reject(error);
          throw error;
        case "hangs":
          if (waits) {
            if (name === "popErrorScope") method();
            return new Promise(() => {});
          }
          return method(...args);
        case "lost": {
          lose();
          return method(...args);
        }
        case "out of memory":
          if (name === "popErrorScope") {
            return method().then(() => new GPUOutOfMemoryError("injected"));
          }
          return method(...args);
      }
    };
  }
}
