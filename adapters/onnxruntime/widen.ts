import { retyping } from '../onnx/retype.ts';

/**
 * Gradients of float16 and bfloat16 networks are computed in float32: sums over a batch in 11 or 8 bits would say more
 * about their own rounding than about the network, and ONNX Runtime has few kernels for them.
 */
const wide = retyping(['float16', 'bfloat16'], 'float32');

/** float32 for the narrower floats; every other type is itself. */
export const widened = wide.dtype;

/** The same elements in the wider type. */
export const widenSource = wide.source;

/** The same network with float32 for every narrower float. */
export const widenGraph = wide.graph;

/** What is known of the network after {@link widenGraph}. */
export const widenConcrete = wide.concrete;
