// result[0] = sum of values / count, in one workgroup; for means over known pixels, count is that of each of them.
import package::common::sum_threads::{sum_threads, threads};

override length: u32 = 1u;
override count: f32 = 1.0;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@if(has_unknown) @group(0) @binding(2) var<storage, read> known: array<f32>; // the number of known pixels

@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < length; i += threads) { sum += values[i]; }
  let total = sum_threads(sum, thread);
  @if(has_unknown) { if (thread == 0u) { result[0] = total / (max(known[0], 1.0) * count); } }
  @else { if (thread == 0u) { result[0] = total / count; } }
}
