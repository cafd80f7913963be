// sum[i] += values[i].
override vectors: u32 = 1u;

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < vectors) { sum[id.x] += values[id.x]; }
}
