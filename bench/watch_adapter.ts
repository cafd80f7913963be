/** Makes all adapters that are requested from now on high-performance ones, as the library's, and calls `onAdapter` with each. */
export function watchAdapter(onAdapter: (info: GPUAdapterInfo) => void): void {
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await request({
      ...options,
      powerPreference: "high-performance",
    });
    if (adapter) onAdapter(adapter.info);
    return adapter;
  };
}
