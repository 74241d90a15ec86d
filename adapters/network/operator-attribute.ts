import { LayerdiffError } from '../../harness/errors.ts';
import type { Attribute, Attributes } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { Operator, OperatorAttribute } from './types.ts';

/** Attributes that are floats wherever ONNX has them, so that `alpha: 1` need not say so. All other whole numbers are integers. */
const FLOATS: ReadonlySet<string> = new Set([
  'activation_alpha',
  'activation_beta',
  'alpha',
  'beta',
  'bias',
  'clip',
  'cubic_coeff_a',
  'epsilon',
  'extrapolation_value',
  'gamma',
  'high',
  'lambd',
  'low',
  'mask_filter_value',
  'mean',
  'momentum',
  'norm_coefficient',
  'ratio',
  'scale',
  'softcap',
  'spatial_scale',
  'value_float',
  'value_floats',
]);

/** A description's attributes as ONNX has them. Throws E_UNSUPPORTED, naming the layer, for what no attribute can be. */
export function attributesOf({ type, attributes = {} }: Operator, place: string): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const attribute = attributeOf(name, value);
      if (attribute !== null) return [name, attribute];
      const remedy = 'Give a number, a string, a list of either, or a tensor.';
      throw new LayerdiffError('E_UNSUPPORTED', place, `${type}'s attribute "${name}" cannot be written`, remedy);
    }),
  );
}

function attributeOf(name: string, value: OperatorAttribute): Attribute | null {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'number') return { kind: isInteger(name, [value]) ? 'int' : 'float', value };
  if (isList(value, 'number')) return { kind: isInteger(name, value) ? 'ints' : 'floats', value };
  if (isList(value, 'string')) return { kind: 'strings', value };
  if (typeof value !== 'object' || value === null) return null;
  if ('kind' in value) return value;
  return 'dtype' in value ? { kind: 'tensor', value: value as Tensor } : null;
}

const isInteger = (name: string, value: readonly number[]): boolean =>
  !FLOATS.has(name) && value.every(Number.isInteger);

const isList = <T extends 'number' | 'string'>(
  value: unknown,
  type: T,
): value is readonly (T extends 'number' ? number : string)[] =>
  Array.isArray(value) && value.every((x) => typeof x === type);
