import { loadModel } from "../src/predict/load_model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import { unext50 } from "../src/models/architecture.ts";
import { smallNetwork } from "../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { makeTile } from "../tests/helpers/make_tile.ts";
const arch = Deno.args[0] === "small" ? smallNetwork : unext50;
const w = [syntheticStateDict(arch), syntheticStateDict(arch, { seed: "a" })];
const tile = makeTile({ size: 64, expansion: 32, downsample: 2 });
async function* stream() {
  yield tile;
  yield { ...tile, index: 1 };
  yield { ...tile, index: 2 };
}
const res: any = {};
for (const device of ["gpu", "cpu"] as const) {
  const t = performance.now();
  await using model = await loadModel(arch, w, { device });
  console.log(model.about, model.identity);
  res[device] = await Array.fromAsync(
    predictTiles(stream(), model, {
      flips: true,
      probability: true,
      probability8: true,
      onProfile: device === "cpu"
        ? (e) =>
          console.log(
            e.map((x) => x.kernel + " " + x.milliseconds.toFixed(2)).join(", "),
          )
        : undefined,
    }),
  );
  console.log(device, performance.now() - t);
}
let d = 0, mm = 0, b = 0;
for (let k = 0; k < 3; k++) {
  for (let i = 0; i < res.gpu[k].probability.length; i++) {
    d = Math.max(
      d,
      Math.abs(res.gpu[k].probability[i] - res.cpu[k].probability[i]),
    );
    mm += Number(res.gpu[k].mask[i] !== res.cpu[k].mask[i]);
    b += Number(res.gpu[k].probability8[i] !== res.cpu[k].probability8[i]);
  }
}
console.log("max diff", d, "mask differ", mm, "bytes differ", b);
