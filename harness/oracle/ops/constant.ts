import type { Attribute } from '../../types/graph.ts';
import type { Operator, Value } from '../../types/oracle.ts';
import { fromTensor, intVector, scalar, stringsOf, valueOf } from '../value.ts';
import { refuse } from './_context.ts';

/** The value of its one attribute. */
export const constant: Operator = {
  op: 'Constant',
  noDerivative: 'it has no inputs',
  forward: (context) => {
    for (const [name, read] of Object.entries(FORMS)) {
      const attribute = context.attributes[name];
      if (attribute) return [read(attribute)];
    }
    return refuse(context, 'no dense value', `Give one of the attributes ${Object.keys(FORMS).join(', ')}.`);
  },
};

const FORMS: Readonly<Record<string, (attribute: Attribute) => Value>> = {
  value: (a) => fromTensor(a.value as never),
  value_float: (a) => scalar('float32', a.value as number),
  value_int: (a) => scalar('int64', a.value as number),
  value_floats: (a) => valueOf('float32', [(a.value as number[]).length], a.value as number[]),
  value_ints: (a) => intVector(a.value as number[]),
  value_string: (a) => stringsOf([], [a.value as string]),
  value_strings: (a) => stringsOf([(a.value as string[]).length], a.value as string[]),
};
