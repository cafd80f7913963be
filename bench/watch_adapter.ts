/** Makes every adapter that is asked for a fast one, as the library's own, and tells of it. */
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
