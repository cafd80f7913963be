// output[n, c] = max over y, x of input[n, c, y, x]. Layouts: [N][C/4][H][W] and [N][C/4] of four channels.
// One workgroup a plane; its threads stride over the pixels, then reduce in workgroup memory.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

const threads: u32 = 64u;
var<workgroup> partial: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var best = vec4f(-3.4028234e38);
  for (var i = thread; i < pixels; i += threads) {
    best = max(best, unpack(input[group.y * pixels + i]));
  }
  partial[thread] = best;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      partial[thread] = max(partial[thread], partial[thread + half]);
    }
    workgroupBarrier();
  }
  if (thread == 0u) { output[group.y] = pack(partial[0]); }
}
