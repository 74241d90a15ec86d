import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { attentionOf, biasOf, forEachRow, merge } from './_attention.ts';
import { attentionBack } from './_attention-back.ts';
import { scoresOf } from './_attention-scores.ts';
import { makeValue } from './_kit.ts';
import { rowsOf } from './_rows.ts';

/**
 * softmax(softcap(√s·Q · (√s·K)ᵀ) + mask) · V per head (opset 23 and 24). A row that may look at nothing gives zeros.
 * Outputs: Y, the keys and values with the past before them, and the scores at one of four stages.
 */
export const attention: Operator = {
  op: 'Attention',
  forward(context, inputs) {
    const layout = attentionOf(context, inputs);
    const { batch, heads, rows, columns, valueSize, flat, v } = layout;
    const bias = biasOf(context, inputs, layout);
    const y = makeValue(layout.q.dtype, [batch, heads, rows, valueSize]);
    const shown = makeValue(layout.q.dtype, [batch, heads, rows, columns]);
    const stage = intAttribute(context.attributes, 'qk_matmul_output_mode', 0);
    const { add } = rowsOf(context.arithmetic);
    forEachRow(layout, (b, h, row, line, head) => {
      const scores = scoresOf(context, layout, bias, b, h, row, line, head);
      shown.data.set([scores.product, scores.capped, scores.masked, scores.weights][stage]!, line * columns);
      for (let j = 0; j < columns; j++) {
        const weight = scores.weights[j]!;
        // What is masked may be anything, NaN included.
        if (weight !== 0)
          add(y.data, line * valueSize, 1, weight, v.data, (head * columns + j) * valueSize, 1, valueSize);
      }
    });
    return [flat ? merge(y) : y, layout.k, v, shown];
  },
  vjp: attentionBack,
};
