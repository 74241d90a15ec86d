import { floatsAttribute, stringsAttribute } from '../../attributes.ts';
import type { OperatorContext } from '../../types/oracle.ts';
import { refuse } from './_context.ts';

type Round = (x: number) => number;

/** A function of a recurrent cell, with the attributes' alpha and beta filled in. */
export interface Activation {
  readonly name: string;
  readonly f: (x: number) => number;
  /** df/dx at x, where y = f(x). */
  readonly derivative: (x: number, y: number) => number;
}

interface Family {
  readonly alpha?: number;
  readonly beta?: number;
  readonly f: (x: number, r: Round, alpha: number, beta: number) => number;
  readonly derivative: (x: number, y: number, r: Round, alpha: number, beta: number) => number;
}

/** The functions that RNN, GRU and LSTM may name, with ONNX's defaults of alpha and beta. */
const FAMILIES: Readonly<Record<string, Family>> = {
  relu: { f: (x) => Math.max(x, 0), derivative: (x) => (x > 0 ? 1 : 0) },
  tanh: { f: (x, r) => r(Math.tanh(x)), derivative: (_, y, r) => r(1 - r(y * y)) },
  sigmoid: { f: (x, r) => r(1 / r(1 + r(Math.exp(-x)))), derivative: (_, y, r) => r(y * r(1 - y)) },
  affine: { f: (x, r, a, b) => r(r(a * x) + b), derivative: (_x, _y, _r, a) => a, alpha: 1, beta: 0 },
  leakyrelu: { f: (x, r, a) => (x < 0 ? r(a * x) : x), derivative: (x, _y, _r, a) => (x < 0 ? a : 1), alpha: 0.01 },
  thresholdedrelu: { f: (x, _r, a) => (x > a ? x : 0), derivative: (x, _y, _r, a) => (x > a ? 1 : 0), alpha: 1 },
  scaledtanh: {
    f: (x, r, a, b) => r(a * r(Math.tanh(r(b * x)))),
    derivative: (x, _y, r, a, b) => r(r(a * b) * r(1 - r(r(Math.tanh(r(b * x))) ** 2))),
    alpha: 1,
    beta: 1,
  },
  hardsigmoid: {
    f: (x, r, a, b) => Math.min(Math.max(r(r(a * x) + b), 0), 1),
    derivative: (_x, y, _r, a) => (y > 0 && y < 1 ? a : 0),
    alpha: 0.2,
    beta: 0.5,
  },
  elu: {
    f: (x, r, a) => (x < 0 ? r(a * r(r(Math.exp(x)) - 1)) : x),
    derivative: (x, _y, r, a) => (x < 0 ? r(a * r(Math.exp(x))) : 1),
    alpha: 1,
  },
  softsign: { f: (x, r) => r(x / r(1 + Math.abs(x))), derivative: (x, _y, r) => r(1 / r(r(1 + Math.abs(x)) ** 2)) },
  softplus: {
    f: (x, r) => r(Math.max(x, 0) + r(Math.log1p(r(Math.exp(-Math.abs(x)))))),
    derivative: (x, _y, r) => r(1 / r(1 + r(Math.exp(-x)))),
  },
};

/**
 * The functions of direction `direction`, of which each direction has as many as `defaults`. `activation_alpha` and `activation_beta`
 * are taken, in order, by those functions that have such a parameter; what is not given has its default.
 */
export function activationsOf(context: OperatorContext, direction: number, defaults: readonly string[]): Activation[] {
  const { attributes } = context;
  const listed = stringsAttribute(attributes, 'activations');
  const alphas = [...floatsAttribute(attributes, 'activation_alpha')];
  const betas = [...floatsAttribute(attributes, 'activation_beta')];
  const names = listed.length > 0 ? listed : [...defaults, ...defaults];
  const all = names.map((name) => {
    const family = FAMILIES[name.toLowerCase()];
    if (!family)
      return refuse(context, `the activation "${name}"`, `Supported are ${Object.keys(FAMILIES).join(', ')}.`);
    const alpha = family.alpha === undefined ? 0 : (alphas.shift() ?? Math.fround(family.alpha));
    const beta = family.beta === undefined ? 0 : (betas.shift() ?? Math.fround(family.beta));
    return filledIn(name, family, alpha, beta, context.arithmetic.round);
  });
  return all.slice(direction * defaults.length, (direction + 1) * defaults.length);
}

/** One function with its parameters; null where there is none of that name. */
export function activationOf(name: string, alpha: number, beta: number, round: Round): Activation | null {
  const family = FAMILIES[name.toLowerCase()];
  return family ? filledIn(name, family, alpha, beta, round) : null;
}

function filledIn(name: string, family: Family, alpha: number, beta: number, round: Round): Activation {
  return {
    name,
    f: (x) => family.f(x, round, alpha, beta),
    derivative: (x, y) => family.derivative(x, y, round, alpha, beta),
  };
}
