// output = a convolution's weight without the `border` outermost taps on each side.
// Layout: [O/4][ky][kx][I/4][4 inputs] of four outputs.
import package::common::storage::Packed;

override side: u32 = 3u; // of the kernel, before cropping
override border: u32 = 1u;
override inputs: u32 = 4u; // rounded up to a multiple of four

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs) { return; }
  let inner = side - 2u * border;
  let tap = (id.y / inner + border) * side + id.y % inner + border;
  output[(id.z * inner * inner + id.y) * inputs + id.x] = weight[(id.z * side * side + tap) * inputs + id.x];
}
