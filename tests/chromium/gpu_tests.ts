// The tests that need a GPU and no files but the goldens, as they stand: this module is bundled for the browser, with
// page_deno.js in place of Deno.
import "../../src/kernels/accumulate_test.ts";
import "../../src/kernels/activation_test.ts";
import "../../src/kernels/add_test.ts";
import "../../src/kernels/batch_norm_test.ts";
import "../../src/kernels/concat_test.ts";
import "../../src/kernels/conv2d_test.ts";
import "../../src/kernels/downsample_tile_test.ts";
import "../../src/kernels/finish_test.ts";
import "../../src/kernels/global_max_pool_test.ts";
import "../../src/kernels/load_tile_test.ts";
import "../../src/kernels/max_pool2d_test.ts";
import "../../src/kernels/pixel_shuffle_test.ts";
import "../../src/kernels/resize_bilinear_test.ts";
import "../../src/graph/compile_graphs_test.ts";
import "../golden_ops_test.ts";
import "../golden_networks_test.ts";
