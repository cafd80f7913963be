// output[n, c, y, x] = exp(input[n, c, y, x]) / sum over all channels. Layout: [N][C/4][H][W] of four channels, padded with
// zeros. The largest value is subtracted first, so that no exponential overflows.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u; // channels in the last block

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

fn load(at: u32, block: u32) -> vec4f {
  let value = unpack(input[at]);
  let padded = block == blocks - 1u;
  return select(value, vec4f(-3.4028234e38), vec4<bool>(padded) & (vec4u(0u, 1u, 2u, 3u) >= vec4u(last)));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let start = id.y * blocks * pixels + id.x;
  var best = vec4f(-3.4028234e38);
  for (var block = 0u; block < blocks; block++) { best = max(best, load(start + block * pixels, block)); }
  let largest = vec4f(max(max(best.x, best.y), max(best.z, best.w)));
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) { sum += exp(load(start + block * pixels, block) - largest); }
  let total = dot(sum, vec4f(1.0));
  for (var block = 0u; block < blocks; block++) {
    let at = start + block * pixels;
    output[at] = pack(exp(load(at, block) - largest) / total);
  }
}
