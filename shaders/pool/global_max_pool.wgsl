// output[n, c] = max over y, x of input[n, c, y, x]. Layouts: [N][C/4][H][W] and [N][C/4] of four channels.
// `lanes` threads stride over a plane; if more than one, the first takes the maximum of their results.
import package::common::storage::{Packed, pack, unpack};

override planes: u32 = 1u;
override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

const threads: u32 = 64u;
override lanes: u32 = 8u; // a power of two
@if(several) var<workgroup> found: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let plane = group.x * (threads / lanes) + thread / lanes;
  let start = min(plane, planes - 1u) * pixels; // all threads must reach the barrier
  var best = vec4f(-3.4028234e38);
  for (var i = thread % lanes; i < pixels; i += lanes) {
    best = max(best, unpack(input[start + i]));
  }
  @if(several) found[thread] = best;
  @if(several) workgroupBarrier();
  if (plane < planes && thread % lanes == 0u) {
    @if(several) for (var i = 1u; i < lanes; i++) { best = max(best, found[thread + i]); }
    output[plane] = pack(best);
  }
}
