const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;

// The sum over a workgroup of one value per thread; all threads must call it.
fn sum_threads(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
