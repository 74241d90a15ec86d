import { stringAttribute } from '../attributes.ts';
import type { BackwardContext, BackwardHypothesis, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { float, int, string } from './_draft.ts';

const MODES = [
  'half_pixel',
  'pytorch_half_pixel',
  'half_pixel_symmetric',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
];
const NEAREST = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
const INTERPOLATIONS = ['nearest', 'linear', 'cubic'];

/** Resizing with other coordinates: where output pixels lie in the input, which neighbour is nearest, how neighbours are weighed. */
export const resize: Rule = {
  id: 'resize',
  ops: ['Resize', 'Upsample'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { attributes } = context;
    const mode = stringAttribute(attributes, 'mode', 'nearest');
    const right = stringAttribute(attributes, 'coordinate_transformation_mode', 'half_pixel');
    const rounding = stringAttribute(attributes, 'nearest_mode', 'round_prefer_floor');
    const told = { cause: 'resize.coordinates', specificity: 3 as const };
    if (context.node.op === 'Resize' && context.opset >= 11) {
      for (const other of MODES) {
        for (const nearest of mode === 'nearest' ? NEAREST : [rounding]) {
          if (other === right && nearest === rounding) continue;
          yield {
            ...told,
            claim: `coordinates are ${other}${nearest === rounding ? '' : ` with ${nearest}`}, the model says ${right}${nearest === rounding ? '' : ` with ${rounding}`}`,
            fix: `Compute input coordinates as ${right}${mode === 'nearest' ? `, and round them as ${rounding}` : ''}.`,
            edit: context.same({
              attributes: { coordinate_transformation_mode: string(other), nearest_mode: string(nearest) },
            }),
          };
        }
      }
      if (mode === 'cubic') {
        yield {
          ...told,
          claim: 'the cubic kernel has a = −0.5 or −0.75, the other than the model’s',
          fix: 'Use the model’s cubic_coeff_a.',
          edit: context.same({
            attributes: {
              cubic_coeff_a: float(
                attributes.cubic_coeff_a?.kind === 'float' && attributes.cubic_coeff_a.value === -0.5 ? -0.75 : -0.5,
              ),
            },
          }),
        };
      }
    }
    for (const other of INTERPOLATIONS) {
      if (other === mode || (mode === 'bilinear' && other === 'linear')) continue;
      yield {
        ...told,
        claim: `the interpolation is ${other}, the model says ${mode}`,
        fix: `Interpolate in mode ${mode}.`,
        edit: context.same({ attributes: { mode: string(other) } }),
      };
    }
  },
  *backward(context: BackwardContext): Iterable<BackwardHypothesis> {
    const { node, attributes, opset, slot, vjp } = context;
    if (slot !== 0 || node.op !== 'Resize' || opset < 11) return;
    const right = stringAttribute(attributes, 'coordinate_transformation_mode', 'half_pixel');
    for (const mode of ['nearest', 'linear']) {
      for (const coordinates of MODES) {
        for (const nearest of mode === 'nearest' ? NEAREST : ['round_prefer_floor']) {
          const changed = { mode, coordinate_transformation_mode: coordinates, nearest_mode: nearest };
          const others = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, string(value)]));
          const part = vjp({ attributes: { ...attributes, ...others } })?.[0]?.data;
          if (part === undefined) continue;
          const how = `${mode} with ${coordinates}${mode === 'nearest' ? ` and ${nearest}` : ''}`;
          yield sent(
            'resize.coordinates',
            `the gradient goes back by another map than the value came: ${how}, the model says ${right}`,
            'Send each gradient to the input pixels that its value was made of, in the same shares.',
            part,
          );
        }
      }
    }
  },
};

/** Sampling on a grid: corners aligned or not. */
export const gridSample: Rule = {
  id: 'grid-sample',
  ops: ['GridSample', 'AffineGrid'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const aligned = context.attributes.align_corners?.kind === 'int' && context.attributes.align_corners.value !== 0;
    yield {
      cause: 'resize.coordinates',
      claim: aligned
        ? 'corners are not aligned: −1 and 1 are taken for the image’s edges, the model says the corner pixels’ centres'
        : 'corners are aligned: −1 and 1 are taken for the corner pixels’ centres, the model says the image’s edges',
      fix: `Use align_corners = ${aligned ? 1 : 0}.`,
      specificity: 3,
      edit: context.same({ attributes: { align_corners: int(aligned ? 0 : 1) } }),
    };
  },
};
