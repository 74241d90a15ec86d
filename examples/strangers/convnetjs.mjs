// convnetjs 0.3.0: its layers as they are, one example at a time. Its volumes are [row, column, channel].
import convnetjs from 'convnetjs';

/** From [channel, place] to [place, channel], and back with the number of places. */
const turned = (x, C) => Float64Array.from(x, (_, n) => x[(n % C) * (x.length / C) + Math.floor(n / C)]);
const examples = (x, B) =>
  Array.from({ length: B }, (_, b) => x.subarray((b * x.length) / B, ((b + 1) * x.length) / B));
const volume = ([C, H = 1, W = 1], x) => Object.assign(new convnetjs.Vol(W, H, C, 0), { w: turned(x, C) });

/** One of its layers. `op`: what it should compute; `out`: the shape that it gives for one example. */
export function layer(name, stranger, out, op) {
  const filters = stranger.filters ?? [];
  const own = filters.length > 0 ? [`${name}.w`, `${name}.b`] : [];
  const load = (parameters) => {
    if (filters.length === 0) return;
    examples(parameters[own[0]].data, filters.length).forEach((w, i) => {
      Object.assign(filters[i], { w: turned(w, filters[i].depth), dw: new Float64Array(w.length) });
    });
    Object.assign(stranger.biases, { w: parameters[own[1]].data, dw: new Float64Array(filters.length) });
  };
  return {
    name,
    op,
    parameters: own,
    forward({ input: { data, shape }, parameters }) {
      const [B, ...inner] = shape;
      load(parameters);
      const y = examples(data, B).map((x) => stranger.forward(volume(inner, x), true).w);
      return { data: y.flatMap((v) => [...turned(v, v.length / out[0])]), shape: [B, ...out] };
    },
    backward({ input: { data, shape }, parameters, gradient }) {
      const [B, ...inner] = shape;
      load(parameters);
      const dx = examples(data, B).flatMap((x, b) => {
        const v = volume(inner, x);
        stranger.forward(v, true).dw = turned(examples(gradient, B)[b], out[0]);
        stranger.backward();
        return [...turned(v.dw, v.dw.length / inner[0])];
      });
      const dw = filters.flatMap((f) => [...turned(f.dw, f.dw.length / f.depth)]);
      return { input: dx, parameters: own[0] ? { [own[0]]: dw, [own[1]]: stranger.biases.dw } : {} };
    },
  };
}

/** Its softmax with cross-entropy, over a batch. */
const softmax = new convnetjs.SoftmaxLayer({ in_sx: 1, in_sy: 1, in_depth: 4 });
export function loss({ inputs: { fc, target } }) {
  const volumes = examples(fc.data, fc.shape[0]).map((x) => volume([4], x));
  const each = volumes.map((v, b) => (softmax.forward(v, true), softmax.backward(target.data[b])));
  return {
    mean: each.reduce((a, b) => a + b) / each.length,
    fc: volumes.flatMap((v) => [...v.dw]).map((d) => d / each.length),
  };
}
