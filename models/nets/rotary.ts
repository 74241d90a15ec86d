import { siluLayer } from './blocks/activation.ts';
import { lookup } from './blocks/embedding.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { causal, merge, product, quotient, rotation, softmaxLayer, split, transposition } from './blocks/heads.ts';
import { crossEntropy } from './blocks/loss.ts';
import { projecting } from './blocks/projection.ts';
import { rmsNormalisation } from './blocks/row-norm.ts';
import { flat, multiplication } from './blocks/sequence.ts';
import { addition } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

/** Tokens of a sequence, numbers a token, heads of 22 numbers. */
export const ROTARY = { T: 7, D: 44, heads: 2, S: 22 };

/**
 * A language model after LLaMA, of one block, which tells of every step of its attention: root mean square norms, rotary positions, a
 * gated feed-forward network.
 *
 * input: [B, 7], target: [B · 7]
 */
export const rotary = (): readonly Layer[] => [
  lookup('tokens', 'input', 'tokens.weight'),
  rmsNormalisation('norm1', 'tokens'),
  ...['q', 'k', 'v'].flatMap((each) => [
    projecting(each, 'norm1', false),
    split(`${each}.heads`, each, ROTARY.heads),
    ...(each === 'v' ? [] : [rotation(`${each}.rotated`, `${each}.heads`, ROTARY.T, ROTARY.S)]),
  ]),
  transposition('k.columns', 'k.rotated'),
  product('products', 'q.rotated', 'k.columns'),
  quotient('scores', 'products', Math.fround(Math.sqrt(ROTARY.S))),
  causal('masked', 'scores', ROTARY.T),
  softmaxLayer('probabilities', 'masked'),
  product('means', 'probabilities', 'v.heads'),
  merge('merged', 'means'),
  projecting('out', 'merged', false),
  addition('add1', 'out', 'tokens'),
  rmsNormalisation('norm2', 'add1'),
  projecting('gating', 'norm2', false),
  siluLayer('silu', 'gating'),
  projecting('up', 'norm2', false),
  multiplication('gated', 'silu', 'up'),
  projecting('down', 'gated', false),
  addition('add2', 'down', 'add1'),
  rmsNormalisation('norm', 'add2'),
  flat('flat', 'norm', ROTARY.D),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];
