// output[i] = output[i] (if accumulate) + sum over p of partial[p, i], in the order of p, so that equal runs give equal bits.
// Both hold vectors of 32-bit floats.
override vectors: u32 = 1u;
override partials: u32 = 1u;

@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * groups.x + group.x) * 64u + thread;
  if (i >= vectors) { return; }
  var sum = vec4f(0.0);
  @if(accumulate) sum = output[i];
  for (var p = 0u; p < partials; p++) {
    sum += partial[p * vectors + i];
  }
  output[i] = sum;
}
