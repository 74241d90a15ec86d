import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext } from '../../types/oracle.ts';
import { given } from './_context.ts';

const noDerivative = 'its result is a boolean';

/** IsNaN and IsInf. */
export const classify: readonly Operator[] = [
  classifier('IsNaN', () => Number.isNaN),
  classifier('IsInf', ({ attributes }) => {
    const positive = intAttribute(attributes, 'detect_positive', 1) !== 0;
    const negative = intAttribute(attributes, 'detect_negative', 1) !== 0;
    return (x) => (positive && x === Number.POSITIVE_INFINITY) || (negative && x === Number.NEGATIVE_INFINITY);
  }),
];

function classifier(op: string, test: (context: OperatorContext) => (x: number) => boolean): Operator {
  return {
    op,
    noDerivative,
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const holds = test(context);
      return [{ dtype: 'bool', shape: x.shape, data: x.data.map((element) => Number(holds(element))) }];
    },
  };
}
