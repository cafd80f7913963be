override kernel: u32 = 1u; // pixels, each way
override stride: u32 = 1u;
override padding: u32 = 0u;
