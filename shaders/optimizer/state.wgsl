// The settings and the state of parameter updates.
struct Settings {
  learning_rate: f32,
  share1: f32, // 1 - beta1
  beta2: f32,
  share2: f32, // 1 - beta2
  epsilon: f32,
  weight_decay: f32,
  max_norm: f32,
  log_beta1: f32,
  log_beta2: f32,
}

struct Control {
  loss_scale: f32, // read by bce_with_logits.wgsl
  steps: u32, // updates applied
  steady: u32, // updates applied since the loss scale changed
  applied: u32, // whether the next update is applied
  norm: f32,
  factor: f32, // multiplies gradients
  step_size: f32, // learning_rate / (1 - beta1^steps)
  correction: f32, // sqrt(1 - beta2^steps)
}
