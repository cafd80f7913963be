// The tests that need a GPU and no files but the goldens, as they stand: this module is bundled for the browser, with
// page_deno.js in place of Deno.
import "../../src/kernels/tile/accumulate_test.ts";
import "../../src/kernels/elementwise/activation_test.ts";
import "../../src/kernels/elementwise/add_test.ts";
import "../../src/kernels/norm/batch_norm_test.ts";
import "../../src/kernels/elementwise/concat_test.ts";
import "../../src/kernels/conv/conv2d_test.ts";
import "../../src/kernels/tile/downsample_tile_test.ts";
import "../../src/kernels/tile/finish_test.ts";
import "../../src/kernels/pool/global_max_pool_test.ts";
import "../../src/kernels/tile/load_tile_test.ts";
import "../../src/kernels/pool/max_pool2d_test.ts";
import "../../src/kernels/resize/pixel_shuffle_test.ts";
import "../../src/kernels/resize/resize_bilinear_test.ts";
import "../../src/graph/compile_graphs_test.ts";
import "../golden_ops_test.ts";
import "../golden_networks_test.ts";
