import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { layerNormForward, layerNormVjp } from './_layer-norm.ts';

/** (x − mean) / √(variance + epsilon) · scale + bias over the axes from `axis` on; outputs Mean and InvStdDev besides. */
export const layerNormalization: Operator = {
  op: 'LayerNormalization',
  forward(context, inputs) {
    const [x, scale] = [given(context, inputs, 0), given(context, inputs, 1)];
    const { y, mean, inverse } = layerNormForward(context, x, scale, inputs[2], { centred: true });
    return [y, mean, inverse];
  },
  vjp: (context) => layerNormVjp(context, { centred: true }, { mean: 1, inverse: 2 }),
};

/** x / √(mean of x² + epsilon) · scale over the axes from `axis` on. */
export const rmsNormalization: Operator = {
  op: 'RMSNormalization',
  forward(context, inputs) {
    const [x, scale] = [given(context, inputs, 0), given(context, inputs, 1)];
    return [layerNormForward(context, x, scale, undefined, { centred: false }).y];
  },
  vjp: (context) => layerNormVjp(context, { centred: false }, { mean: -1, inverse: -1 }),
};

/** ONNX Runtime's RMSNormalization, before it was standard; its model files put it in ai.onnx or in com.microsoft. */
export const simplifiedLayerNormalization: readonly Operator[] = ['', 'com.microsoft'].map((domain) => ({
  op: 'SimplifiedLayerNormalization',
  domain,
  forward(context, inputs) {
    const [x, scale] = [given(context, inputs, 0), given(context, inputs, 1)];
    const { y, inverse } = layerNormForward(context, x, scale, undefined, { centred: false });
    return [y, inverse];
  },
  vjp: (context) => layerNormVjp(context, { centred: false }, { mean: -1, inverse: 1 }),
}));
