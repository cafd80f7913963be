// gradient[o, i, …] = 0 if output o and input i belong to different groups, for groups that are not multiples of four channels,
// whose weight is stored dense. Layout: [O/4][ky][kx][I/4][4 inputs] of four outputs.
override vectors: u32 = 4u; // in total
override block_vectors: u32 = 4u; // per block of outputs
override input_blocks: u32 = 1u;
override group_outputs: u32 = 1u;
override group_inputs: u32 = 1u;

@group(0) @binding(0) var<storage, read_write> gradient: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= vectors) { return; }
  let input = id.x / 4u % input_blocks * 4u + id.x % 4u;
  let output = vec4u(id.x / block_vectors * 4u) + vec4u(0u, 1u, 2u, 3u);
  let same = output / group_outputs == vec4u(input / group_inputs);
  gradient[id.x] = select(vec4f(0.0), gradient[id.x], same);
}
