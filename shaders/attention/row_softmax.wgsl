// output = exp(input - largest) / sum, over each row of `count` values of a channel. Layout: [N][C/4][rows][count] of four
// channels; what pads the last block becomes 1 / count, so the channels' padding is set to zero. A workgroup has a row.
import package::common::storage::{Packed, pack, unpack};

override count: u32 = 1u;
override rows: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u; // channels in the last block

const threads: u32 = 64u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

var<workgroup> parts: array<vec4f, threads>;

fn largest_of(value: vec4f, thread: u32) -> vec4f {
  parts[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] = max(parts[thread], parts[thread + half]); }
    workgroupBarrier();
  }
  let result = parts[0];
  workgroupBarrier();
  return result;
}

fn sum_of(value: vec4f, thread: u32) -> vec4f {
  parts[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] += parts[thread + half]; }
    workgroupBarrier();
  }
  return parts[0];
}

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = (group.y * rows + group.x) * count;
  var best = vec4f(-3.4028234e38);
  for (var i = thread; i < count; i += threads) { best = max(best, unpack(input[start + i])); }
  let largest = largest_of(best, thread);
  var part = vec4f(0.0);
  for (var i = thread; i < count; i += threads) { part += exp(unpack(input[start + i]) - largest); }
  let sum = sum_of(part, thread);
  let padded = vec4<bool>(group.y % blocks == blocks - 1u) & (vec4u(0u, 1u, 2u, 3u) >= vec4u(last));
  for (var i = thread; i < count; i += threads) {
    output[start + i] = pack(select(exp(unpack(input[start + i]) - largest) / sum, vec4f(0.0), padded));
  }
}
