import type { ValueInfo } from '../../harness/types/graph.ts';
import { elementNumber, elementType } from './elements.ts';
import type { TensorShapeProto, TypeProto, ValueInfoProto } from './messages.ts';
import { originalOf, remember } from './opaque.ts';
import { decodeMessage, encodeMessage, longOf } from './wire.ts';

/**
 * A graph input or output. `dtype` is null where the model does not say it, and where it is none that we can hold:
 * float8, int4, complex; sequence, map, optional. The original type then goes with the object, for {@link encodeValue}.
 */
export function decodeValue(proto: ValueInfoProto, name: string, place: string): ValueInfo {
  if (proto.type.length === 0) return { name, dtype: null, shape: null };
  const { tensorType } = decodeMessage<TypeProto>('TypeProto', proto.type, place);
  const shape = tensorType?.shape ? dimensions(tensorType.shape) : null;
  const dtype = tensorType ? elementType(tensorType.elemType) : null;
  return dtype === null ? remember({ name, dtype, shape }, proto.type) : { name, dtype, shape };
}

function dimensions(shape: TensorShapeProto): (number | string | null)[] {
  return shape.dim.map((dim) => {
    if (dim.dimParam !== '') return dim.dimParam;
    const value = dim.dimValue.toNumber();
    // Old exporters write -1 where they mean "any".
    return Object.hasOwn(dim, 'dimValue') && value >= 0 ? value : null;
  });
}

/** The ValueInfoProto of an input or output, as plain data. */
export function encodeValue(value: ValueInfo): object {
  const { name, dtype, shape } = value;
  if (dtype === null) {
    const type = originalOf(value);
    return type ? { name, type } : { name };
  }
  const dim = shape?.map((d) => (d === null ? {} : typeof d === 'number' ? { dimValue: longOf(d) } : { dimParam: d }));
  const tensorType = { elemType: elementNumber(dtype), ...(dim ? { shape: { dim } } : {}) };
  return { name, type: encodeMessage('TypeProto', { tensorType }) };
}
