import type { Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { unsupportedElement } from './elements.ts';

/**
 * Tensors that we cannot hold (float8, int4, complex, …) stand in the graph as what throws when it is read. Their bytes are
 * remembered here, so that the graph can be encoded again as it was: a framework may well know what to do with them.
 */
const originals = new WeakMap<object, Uint8Array>();

/** The message a value was decoded from, where only that can stand for it. */
export const originalOf = (value: object): Uint8Array | undefined => originals.get(value);

/** Remembers the message that stands for `value`. */
export function remember<T extends object>(value: T, message: Uint8Array): T {
  originals.set(value, message);
  return value;
}

/** A source whose type and elements cannot be had: asking gives E_UNSUPPORTED. */
export function opaqueSource(element: number, shape: Shape, place: string, message: Uint8Array): TensorSource {
  const refuse = (): never => {
    throw unsupportedElement(element, place);
  };
  return remember(
    {
      get dtype() {
        return refuse();
      },
      shape,
      read: refuse,
    },
    message,
  );
}

/** A tensor whose type and elements cannot be had: asking gives E_UNSUPPORTED. */
export function opaqueTensor(source: TensorSource, message: Uint8Array): Tensor {
  return remember(
    {
      get dtype() {
        return source.dtype;
      },
      shape: source.shape,
      get data() {
        return source.read().data;
      },
    },
    message,
  );
}
