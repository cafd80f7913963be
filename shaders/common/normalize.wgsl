override mean_red: f32 = 0.65459856;
override mean_green: f32 = 0.48386562;
override mean_blue: f32 = 0.69428385;
override std_red: f32 = 0.15167958;
override std_green: f32 = 0.23584107;
override std_blue: f32 = 0.13146145;

// (color / 255 - mean) / std, for 8-bit red, green and blue.
fn normalize_color(color: vec3f) -> vec4f {
  let mean = vec3f(mean_red, mean_green, mean_blue);
  let deviation = vec3f(std_red, std_green, std_blue);
  return vec4f((color / 255.0 - mean) / deviation, 0.0);
}
