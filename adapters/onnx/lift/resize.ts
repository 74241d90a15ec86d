import { stringAttribute } from '../../../harness/attributes.ts';
import type { Attribute, GraphNode } from '../../../harness/types/graph.ts';
import type { Lift, LiftContext } from '../lifting.ts';
import { text } from '../rule.ts';
import { changed, reform } from './_node.ts';

/** Output pixel i looked at input pixel i / scale, and nearest meant the one at or before it. */
const FIRST_RULE = { coordinate_transformation_mode: text('asymmetric'), nearest_mode: text('floor') };

/** Resize of 10 had inputs X, scales. From 11 empty tensors stood for what is absent, and a coordinate rule of TensorFlow's existed. */
export const resize: Lift = {
  op: 'Resize',
  until: 13,
  lift(node, context) {
    const [x = '', second = '', scales = '', sizes = ''] = node.inputs;
    if (context.opset < 11) return reform(node, [x, '', second], changed(node.attributes, [], FIRST_RULE));
    const given = (name: string): string => (name !== '' && context.shape(name).includes(0) ? '' : name);
    const inputs = [x, given(second), sizes === '' ? scales : given(scales), sizes];
    return reform(node, inputs, changed(node.attributes, [], halfPixel(node, context)));
  },
};

/** (i + 0.5) / scale rounded down is (i + 0.5) / scale − 0.5 rounded to nearest, halves up. */
function halfPixel(node: GraphNode, context: LiftContext): Record<string, Attribute> {
  if (stringAttribute(node.attributes, 'coordinate_transformation_mode', '') !== 'tf_half_pixel_for_nn') return {};
  const nearest = stringAttribute(node.attributes, 'nearest_mode', 'round_prefer_floor');
  if (stringAttribute(node.attributes, 'mode', 'nearest') !== 'nearest' || nearest !== 'floor') {
    throw context.unsupported(`with tf_half_pixel_for_nn and nearest_mode ${nearest} is not supported (only floor is)`);
  }
  return { coordinate_transformation_mode: text('half_pixel'), nearest_mode: text('round_prefer_ceil') };
}

/** Upsample became Resize. Its scales were an attribute until 9. */
export const upsample: Lift = {
  op: 'Upsample',
  until: 22,
  lift(node, context) {
    const given = node.attributes['scales'];
    const [x = '', second = ''] = node.inputs;
    const mode = stringAttribute(node.attributes, 'mode', 'nearest');
    const scales =
      given?.kind === 'floats'
        ? context.add({ dtype: 'float32', shape: [given.value.length], data: Float32Array.from(given.value) })
        : second;
    // The first version also called it bilinear.
    return reform(
      node,
      [x, '', scales],
      { mode: text(mode === 'bilinear' ? 'linear' : mode), ...FIRST_RULE },
      'Resize',
    );
  },
};
