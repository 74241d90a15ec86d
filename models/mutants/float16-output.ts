import { ANY } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A layer keeps its output in float16. */
export const float16Output: readonly Mutant[] = inLayers(
  { id: 'float16-output', cause: 'precision.reduced', wrong: 'output' },
  ANY,
  (network, layer) =>
    withOutput(network, layer, (out) => {
      for (let i = 0; i < out.length; i++) out[i] = toFloat16(out[i]!);
    }),
);

/** To nearest, ties to even: eleven bits of what is normal, steps of 2⁻²⁴ below. */
function toFloat16(x: number): number {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(x)))) - 10);
  const [down, rest] = [Math.floor(x / step), x / step - Math.floor(x / step)];
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  return x === 0 ? x : (down + (up ? 1 : 0)) * step;
}
