import { intAttribute, tensorAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { fromTensor, numbersOf, scalar } from '../value.ts';
import { given } from './_context.ts';
import { typeOf } from './_types.ts';

const noDerivative = 'it depends on a shape only';

/** ConstantOfShape and EyeLike: tensors made from nothing but sizes. */
export const fills: readonly Operator[] = [
  {
    op: 'ConstantOfShape',
    noDerivative,
    forward: (context, inputs) => {
      const shape = numbersOf(given(context, inputs, 0));
      const tensor = tensorAttribute(context.attributes, 'value');
      const { dtype, data } = tensor ? fromTensor(tensor) : scalar('float32', 0);
      return [{ dtype, shape, data: new Float64Array(sizeOf(shape)).fill(data[0]!) }];
    },
  },
  {
    op: 'EyeLike',
    noDerivative,
    forward: (context, inputs) => {
      const like = given(context, inputs, 0);
      const code = intAttribute(context.attributes, 'dtype', 0);
      const diagonal = intAttribute(context.attributes, 'k', 0);
      const columns = like.shape[1]!;
      const data = Float64Array.from({ length: sizeOf(like.shape) }, (_, i) =>
        Number((i % columns) - Math.floor(i / columns) === diagonal),
      );
      return [{ dtype: code ? typeOf(context, code) : like.dtype, shape: like.shape, data }];
    },
  },
];
