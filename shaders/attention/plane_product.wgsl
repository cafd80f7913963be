// output[n, c, y, x] = sum over k of a[n, c, y, k] * b[n, c, k, x]: a matrix product for each channel.
// Layout: [N][C/4][H][W] of four channels; padding stays zero.
import package::common::storage::{Packed, pack, unpack};

override height: u32 = 1u;
override width: u32 = 1u;
override inner: u32 = 1u;

@group(0) @binding(0) var<storage, read> a: array<Packed>;
@group(0) @binding(1) var<storage, read> b: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= height * width) { return; }
  var at_a = (id.y * height + id.x / width) * inner;
  var at_b = id.y * inner * width + id.x % width;
  var sum = vec4f(0.0);
  for (var k = 0u; k < inner; k++) {
    sum = fma(unpack(a[at_a]), unpack(b[at_b]), sum);
    at_a += 1u;
    at_b += width;
  }
  output[id.y * height * width + id.x] = pack(sum);
}
