override kernel: u32 = 1u; // side in pixels
override stride: u32 = 1u;
override padding: u32 = 0u;
