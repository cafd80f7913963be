// The sums of softmax_sums.wgsl over all workgroups, and loss = cross-entropy / pixels + 1 - mean over classes, background left
// out, of the soft Dice (2 sum(p t) + 1) / (sum(p) + sum(t) + 1); in one workgroup.
// Where pixels may be unknown, pixels is the number of others. Layouts: partial [C/4][workgroups][4] in; totals [C/4][4], and the loss, out.
override channels: u32 = 2u;
override blocks: u32 = 1u;
override groups: u32 = 1u;
override count: f32 = 1.0; // pixels of all images

@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> totals: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) thread: u32) {
  for (var i = thread; i < blocks * 4u; i += 64u) {
    let start = i / 4u * groups * 4u + i % 4u;
    var sum = vec4f(0.0);
    for (var group = 0u; group < groups; group++) { sum += partial[start + group * 4u]; }
    totals[i] = sum;
  }
  storageBarrier();
  if (thread > 0u) { return; }
  var entropy = 0.0;
  var dice = 0.0;
  for (var block = 0u; block < blocks; block++) {
    let at = block * 4u;
    entropy += totals[at + 3u].x;
    let of_class = (2.0 * totals[at + 2u] + 1.0) / (totals[at] + totals[at + 1u] + 1.0);
    for (var k = 0u; k < 4u; k++) {
      let number = at + k;
      if (number > 0u && number < channels) { dice += of_class[k]; }
    }
  }
  @if(has_unknown) result[0] = entropy / max(totals[3].y, 1.0) + 1.0 - dice / f32(channels - 1u);
  @else result[0] = entropy / count + 1.0 - dice / f32(channels - 1u);
}
