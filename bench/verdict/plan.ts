import type { Attributes } from '../../harness/types/graph.ts';
import type { Input, Plan } from './cases.ts';
import type { Written } from './layers.ts';

/** A case of one operator. */
export const plan = (
  name: string,
  op: string,
  inputs: readonly Input[],
  written: Written | null,
  attributes: Attributes = {},
  opset = 21,
): Plan => ({
  name,
  inputs,
  written,
  opset,
  build: (b, names) => b.node(op, names, attributes, { name: 'layer', outputNames: ['y'] }),
});

/** Normal numbers. */
export const n = (shape: readonly number[], mean = 0, deviation = 1): Input => ({ shape, draw: { mean, deviation } });
/** Uniform numbers. */
export const u = (shape: readonly number[], from: number, to: number): Input => ({ shape, draw: { from, to } });
