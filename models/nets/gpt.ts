import { selfAttention } from './blocks/attention.ts';
import { dropoutInEvaluation } from './blocks/dropout.ts';
import { lookup, positions, tied } from './blocks/embedding.ts';
import { geluLayer } from './blocks/gelu.ts';
import { crossEntropy } from './blocks/loss.ts';
import { projecting } from './blocks/projection.ts';
import { layerNormalisation } from './blocks/row-norm.ts';
import { addition } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

/** Tokens of a sequence, known tokens, numbers a token, heads: each head has eleven numbers. */
export const GPT = { T: 7, V: 23, D: 22, heads: 2, rate: 0.1 };

/**
 * A language model after GPT-2, in evaluation: positions that are learnt, blocks that normalise first, and a head that is the embedding.
 * `written`: its reference has normalisation and GELU in single operations.
 *
 * input: [B, 7], target: [B · 7]
 */
export const gpt = (written: boolean): readonly Layer[] => [
  lookup('tokens', 'input', 'tokens.weight'),
  positions('embedded', 'tokens', GPT.T),
  ...block('b1', 'embedded', written),
  ...block('b2', 'b1.add2', written),
  layerNormalisation('ln', 'b2.add2', written),
  tied('head', 'ln', 'tokens.weight', GPT.V),
  crossEntropy('loss', 'head', 'target'),
];

function block(name: string, input: string, written: boolean): Layer[] {
  const n = (layer: string) => `${name}.${layer}`;
  return [
    layerNormalisation(n('ln1'), input, written),
    projecting(n('qkv'), n('ln1')),
    selfAttention(n('attention'), n('qkv'), GPT.heads, GPT.T, GPT.D),
    projecting(n('out'), n('attention')),
    dropoutInEvaluation(n('dropout'), n('out'), GPT.rate),
    addition(n('add1'), n('dropout'), input),
    layerNormalisation(n('ln2'), n('add1'), written),
    projecting(n('up'), n('ln2')),
    geluLayer(n('gelu'), n('up'), written),
    projecting(n('down'), n('gelu')),
    addition(n('add2'), n('down'), n('add1')),
  ];
}
