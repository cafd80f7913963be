// result[0] = sum of values / count, in one workgroup.
import package::common::sum_threads::{sum_threads, threads};

override length: u32 = 1u;
override count: f32 = 1.0;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += values[i]; }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { result[0] = total / count; }
}
