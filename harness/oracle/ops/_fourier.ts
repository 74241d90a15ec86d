/** y[k] = scale · Σ_n weight(n) · exp(sign·2πi·k·n / size) · x[n] along the second of the axes [outer, length, inner, parts]; parts: real, or real and imaginary. */
export interface Fourier {
  readonly size: number;
  readonly sign: 1 | -1;
  readonly scale: number;
  readonly weight: (n: number) => number;
  readonly outer: number;
  readonly inner: number;
  readonly from: { readonly length: number; readonly parts: number };
  readonly to: { readonly length: number; readonly parts: number };
}

type Round = (x: number) => number;

/** The transform by its definition. Elements beyond `size` are not read; those that lack are zeros. */
export function fourier(x: Float64Array, spec: Fourier, r: Round): Float64Array {
  const { outer, inner, from, to, size, scale } = spec;
  const y = new Float64Array(outer * to.length * inner * to.parts);
  const { cos, sin } = tableOf(spec, r);
  const count = Math.min(from.length, size);
  for (let line = 0; line < outer * inner; line++) {
    for (let k = 0; k < to.length; k++) {
      let [re, im] = [0, 0];
      for (let n = 0; n < count; n++) {
        const at = place(line, n, inner, from);
        const [c, s, w] = [cos[(k * n) % size]!, sin[(k * n) % size]!, spec.weight(n)];
        const [xr, xi] = [w * x[at]!, from.parts === 2 ? w * x[at + 1]! : 0];
        re = r(re + r(r(xr * c) - r(xi * s)));
        im = r(im + r(r(xr * s) + r(xi * c)));
      }
      const at = place(line, k, inner, to);
      y[at] = r(scale * re);
      if (to.parts === 2) y[at + 1] = r(scale * im);
    }
  }
  return y;
}

/** Its adjoint: the same sum with the conjugate exponential, from the result's side. */
export function fourierBack(dy: Float64Array, spec: Fourier, r: Round): Float64Array {
  const { outer, inner, from, to, size, scale } = spec;
  const dx = new Float64Array(outer * from.length * inner * from.parts);
  const { cos, sin } = tableOf(spec, r);
  for (let line = 0; line < outer * inner; line++) {
    for (let n = 0; n < Math.min(from.length, size); n++) {
      let [re, im] = [0, 0];
      for (let k = 0; k < to.length; k++) {
        const at = place(line, k, inner, to);
        const [c, s] = [cos[(k * n) % size]!, sin[(k * n) % size]!];
        const [dr, di] = [dy[at]!, to.parts === 2 ? dy[at + 1]! : 0];
        re = r(re + r(r(dr * c) + r(di * s)));
        im = r(im + r(r(di * c) - r(dr * s)));
      }
      const at = place(line, n, inner, from);
      const factor = r(scale * spec.weight(n));
      dx[at] = r(factor * re);
      if (from.parts === 2) dx[at + 1] = r(factor * im);
    }
  }
  return dx;
}

function tableOf({ size, sign }: Fourier, r: Round) {
  const angle = (i: number): number => (2 * Math.PI * i) / size;
  return {
    cos: Float64Array.from({ length: size }, (_, i) => r(Math.cos(angle(i)))),
    sin: Float64Array.from({ length: size }, (_, i) => r(sign * Math.sin(angle(i)))),
  };
}

/** Offset of element `n` of a line in [outer, length, inner, parts]. */
function place(line: number, n: number, inner: number, { length, parts }: { length: number; parts: number }): number {
  const outer = Math.floor(line / inner);
  return ((outer * length + n) * inner + (line % inner)) * parts;
}
