// The samples by name: a gallery, and what every format is tested on.
import type { Cause, Report, Site } from '../../harness/types/report.ts';
import { type Layer, random, reportOf } from './sample-reports.ts';

const cause = (id: string, claim: string, fix: string, evidence: readonly string[], explains = 1): Cause => ({
  id,
  claim,
  fix,
  explains,
  evidence,
});

function lenet(batch: number): Layer[] {
  const convolution = (i: number, channels: number, before: number, size: number): Layer[] => [
    {
      layer: `conv${i}`,
      op: 'Conv',
      output: `conv${i}_out`,
      shape: [batch, channels, size, size],
      parameters: [
        [`conv${i}.weight`, [channels, before, 5, 5]],
        [`conv${i}.bias`, [channels]],
      ],
    },
    { layer: `relu${i}`, op: 'Relu', output: `relu${i}_out`, shape: [batch, channels, size, size] },
    { layer: `pool${i}`, op: 'MaxPool', output: `pool${i}_out`, shape: [batch, channels, size / 2, size / 2] },
  ];
  const dense = (i: number, columns: number, rows: number): Layer => ({
    layer: `fc${i}`,
    op: 'Gemm',
    output: `fc${i}_out`,
    shape: [batch, columns],
    parameters: [
      [`fc${i}.weight`, [columns, rows]],
      [`fc${i}.bias`, [columns]],
    ],
  });
  return [
    ...convolution(1, 6, 1, 24),
    ...convolution(2, 16, 6, 8),
    { layer: 'flatten', op: 'Flatten', output: 'flat', shape: [batch, 256] },
    dense(1, 120, 256),
    { layer: 'relu3', op: 'Relu', output: 'relu3_out', shape: [batch, 120] },
    dense(2, 84, 120),
    { layer: 'relu4', op: 'Relu', output: 'relu4_out', shape: [batch, 84] },
    dense(3, 10, 84),
    { layer: 'loss', op: 'SoftmaxCrossEntropyLoss', output: 'loss', shape: [] },
  ];
}

function resnet(blocks: number): Layer[] {
  const layers: Layer[] = [];
  const add = (layer: string, op: string, shape: number[], parameters?: Layer['parameters']) =>
    layers.push({ layer, op, output: `/${layer}_output_0`, shape, ...(parameters ? { parameters } : {}) });
  add('stem/conv', 'Conv', [4, 16, 32, 32], [['stem.conv.weight', [16, 3, 3, 3]]]);
  add('stem/relu', 'Relu', [4, 16, 32, 32]);
  for (let b = 1; b <= blocks; b++) {
    const stage = Math.ceil((b * 3) / blocks);
    const channels = 8 * 2 ** stage;
    const shape = [4, channels, 64 / 2 ** stage, 64 / 2 ** stage];
    for (const k of [1, 2]) {
      const path = `layer${stage}/block${b}`;
      const name = path.replaceAll('/', '.');
      add(`${path}/conv${k}`, 'Conv', shape, [[`${name}.conv${k}.weight`, [channels, channels, 3, 3]]]);
      add(`${path}/bn${k}`, 'BatchNormalization', shape, [
        [`${name}.bn${k}.weight`, [channels]],
        [`${name}.bn${k}.bias`, [channels]],
      ]);
      if (k === 1) add(`${path}/relu1`, 'Relu', shape);
    }
    add(`layer${stage}/block${b}/add`, 'Add', shape);
    add(`layer${stage}/block${b}/relu2`, 'Relu', shape);
  }
  add('avgpool', 'GlobalAveragePool', [4, 64, 1, 1]);
  add('fc', 'Gemm', [4, 10], [['fc.weight', [10, 64]]]);
  return layers;
}

function transformer(blocks: number): Layer[] {
  const [batch, tokens, width, heads] = [2, 16, 64, 4];
  const layers: Layer[] = [];
  const add = (layer: string, op: string, shape: number[], parameters?: Layer['parameters']) =>
    layers.push({ layer, op, output: `${layer}.out`, shape, ...(parameters ? { parameters } : {}) });
  const hidden = [batch, tokens, width];
  add('embed', 'Gather', hidden, [['embed.weight', [101, width]]]);
  for (let b = 0; b < blocks; b++) {
    const at = `h.${b}`;
    add(`${at}.ln_1`, 'LayerNormalization', hidden, [[`${at}.ln_1.weight`, [width]]]);
    for (const p of ['q', 'k', 'v'])
      add(`${at}.attn.${p}`, 'MatMul', hidden, [[`${at}.attn.${p}.weight`, [width, width]]]);
    add(`${at}.attn.scores`, 'MatMul', [batch, heads, tokens, tokens]);
    add(`${at}.attn.softmax`, 'Softmax', [batch, heads, tokens, tokens]);
    add(`${at}.attn.context`, 'MatMul', [batch, heads, tokens, width / heads]);
    add(`${at}.attn.proj`, 'MatMul', hidden, [[`${at}.attn.proj.weight`, [width, width]]]);
    add(`${at}.add_1`, 'Add', hidden);
    add(`${at}.ln_2`, 'LayerNormalization', hidden, [[`${at}.ln_2.weight`, [width]]]);
    add(`${at}.mlp.fc`, 'MatMul', [batch, tokens, 4 * width], [[`${at}.mlp.fc.weight`, [width, 4 * width]]]);
    add(`${at}.mlp.gelu`, 'Gelu', [batch, tokens, 4 * width]);
    add(`${at}.mlp.proj`, 'MatMul', hidden, [[`${at}.mlp.proj.weight`, [4 * width, width]]]);
    add(`${at}.add_2`, 'Add', hidden);
  }
  add('head', 'MatMul', [batch, tokens, 101], [['head.weight', [width, 101]]]);
  return layers;
}

const biasMissing = cause(
  'bias.missing',
  'conv2 adds no bias: the error of every channel is minus that channel of conv2.bias',
  'add conv2.bias[channel] to every element of that channel',
  [
    'the layer run without its bias gives the subject’s numbers: 6.1e-8 apart, 1.3e-7 is allowed',
    'error is constant within a channel, in 16 of 16 channels',
  ],
  0.99999,
);

export const matching = (): Report =>
  reportOf({
    subject: { name: 'lenet.safetensors', kind: 'trace', producer: 'my-lenet 0.3' },
    reference: { name: 'lenet.onnx' },
    layers: lenet(7),
    odd: {
      'backward conv1.bias': ['vacuous', 'all zero on both sides: it would match any bug that loses this gradient'],
    },
    notes: ['Parameters are the same on both sides: 10 of 10, compared bit by bit.'],
    seed: 1,
  });

export const forwardCause = (): Report =>
  reportOf({
    subject: { name: 'lenet.safetensors', kind: 'trace', producer: 'my-lenet 0.3' },
    reference: { name: 'lenet.onnx' },
    layers: lenet(7),
    faults: [
      {
        direction: 'forward',
        tensor: 'conv2_out',
        relL2: 0.0894,
        cause: biasMissing,
        candidates: [
          biasMissing,
          cause('bias.axis', 'bias broadcast along the wrong axis', 'index it by channel', [], 0.31),
        ],
      },
    ],
    notes: ['Parameters are the same on both sides: 10 of 10, compared bit by bit.'],
    seed: 2,
  });

export const backwardOnly = (): Report =>
  reportOf({
    subject: { name: 'mlp.ts', kind: 'network', producer: null },
    reference: { name: 'lenet.onnx' },
    layers: lenet(5),
    faults: [
      {
        direction: 'backward',
        tensor: 'fc2.weight',
        relL2: 4,
        cause: cause(
          'scale.constant',
          'the gradient of fc2.weight is 5 times too large, in every element: 5 is the batch size',
          'divide by the batch size once: the loss is a mean over the batch already',
          ['least-squares factor 5.0000001, residual 7.1e-8'],
          1,
        ),
      },
    ],
    seed: 3,
  });

export const several = (): Report =>
  reportOf({
    subject: { name: 'resnet-wgsl.safetensors', kind: 'trace', producer: 'wgsl-kernels 12' },
    reference: { name: 'resnet20.onnx' },
    layers: resnet(9),
    faults: [
      {
        direction: 'forward',
        tensor: '/layer1/block2/bn1_output_0',
        relL2: 4.7e-4,
        band: 'precision',
        cause: cause(
          'norm.epsilon',
          'epsilon is 0.001 where the model says 1e-5',
          'take epsilon from the node: 1e-5',
          ['solved from the ratio of each channel: 0.001 in 16 of 16 channels'],
          0.9999,
        ),
      },
      {
        direction: 'forward',
        tensor: '/layer2/block5/conv2_output_0',
        relL2: 0.21,
        region: (row, column) => column > 0.8 || row > 0.9,
        candidates: [
          cause(
            'region.partial',
            'right but for the last rows and columns',
            '',
            ['only the last 3 of 16 columns and the last row of each channel differ'],
            0.98,
          ),
          cause(
            'conv.padding',
            'padding at the end is missing',
            'pad 1 at the end too',
            ['explains the columns, not the row'],
            0.81,
          ),
        ],
      },
      { direction: 'forward', tensor: 'fc'.padStart(3, '/').concat('_output_0'), relL2: 1.31 },
      {
        direction: 'backward',
        tensor: 'layer3.block8.conv1.weight',
        relL2: 1.02,
        cause: cause('axes.permuted', 'the gradient is laid out HWIO', 'transpose it to OIHW', [
          'equal after the permutation (2, 3, 1, 0): 8.8e-8 apart',
        ]),
      },
      { direction: 'backward', tensor: '/layer1/block1/add_output_0', relL2: 0.5, region: (row) => row > 0.5 },
    ],
    odd: {
      'forward /avgpool_output_0': [
        'incomparable',
        'the subject holds 4 × 64, the reference 4 × 64 × 1 × 1, and no layout was proven',
      ],
      'backward layer1.block1.bn1.bias': ['vacuous', 'zero in exact arithmetic; both sides hold rounding noise'],
      'backward layer2.block4.bn2.bias': ['vacuous', 'zero in exact arithmetic; both sides hold rounding noise'],
      'forward /layer3/block7/relu1_output_0': ['unseen', 'not recorded by the subject: fused with bn1'],
    },
    unseen: [
      { tensor: '/layer3/block7/relu1_output_0', missing: 'subject' },
      { tensor: '/layer3/block9/relu1_output_0', missing: 'subject' },
      { tensor: 'scratch_buffer_3', missing: 'reference' },
    ],
    notes: [
      'Parameters are the same on both sides: 41 of 41, compared bit by bit.',
      'Running statistics were not compared: the model is in evaluation mode.',
    ],
    seed: 4,
    seconds: 3.9,
  });

export const inconclusive = (): Report => {
  const layers = lenet(3);
  const odd: Record<string, ['incomparable' | 'unseen', string]> = {};
  for (const { output } of layers.slice(0, 9)) odd[`forward ${output}`] = ['unseen', 'not recorded by the subject'];
  odd['forward fc2_out'] = [
    'incomparable',
    'shapes do not fit: 3 × 84 and 84 × 3, and both orders of the axes are possible',
  ];
  return reportOf({
    subject: { name: 'dump.npz', kind: 'trace', producer: null },
    reference: { name: 'lenet.onnx' },
    layers,
    odd,
    outcome: 'inconclusive',
    unseen: layers.slice(0, 9).map(({ output }) => ({ tensor: output, missing: 'subject' as const })),
    notes: ['10 of 13 layers were not proven: record their outputs, or map their names with --map.'],
    seed: 5,
  });
};

export const nan = (): Report => {
  const layers = transformer(12);
  const first = layers.findIndex(({ layer }) => layer === 'h.6.attn.softmax');
  const odd: Record<string, ['incomparable', string]> = {};
  for (const { output } of layers.slice(first + 1))
    odd[`forward ${output}`] = [
      'incomparable',
      'the subject’s own input to this layer is NaN: nothing can be said about the layer',
    ];
  return reportOf({
    subject: { name: 'gpt-tiny.safetensors', kind: 'trace', producer: 'llm.js' },
    reference: { name: 'gpt-tiny.onnx' },
    layers,
    odd,
    faults: [
      {
        direction: 'forward',
        tensor: 'h.6.attn.softmax.out',
        relL2: 'NaN',
        nonFinite: 96,
        region: (row) => row > 0.4 && row < 0.6,
        cause: cause(
          'softmax.no-max-subtraction',
          'exp overflows in 6 of 128 rows whose largest logit is above 88.7: the maximum is not subtracted first',
          'subtract the row’s maximum before exp',
          ['NaN in exactly the rows in which exp(x) overflows in float32', 'the other 122 rows agree'],
        ),
      },
      { direction: 'backward', tensor: 'head.weight', relL2: 'Infinity', nonFinite: 4 },
    ],
    seed: 6,
    seconds: 7.4,
  });
};

/** Names and prose that try to get out of every format. */
export const HOSTILE: readonly string[] = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  ']]><failure message="pwned"/>',
  'a\n::error title=pwned::pwned\r\n## pwned',
  '`</code>` **pwned** | [pwned](javascript:window.pwned=1) @everyone',
  '\u001b[31mred\u001b]0;title\u0007\u0000\u0008\u007f\u009b',
  '\u202Egnp.exe\u202C\u2066\u200F\uFEFF\u2028\u2029',
  '\uD800lone\uDFFF\uFFFE\uFFFF',
  "--></script><!--<script>'&amp;%0A;$(touch pwned)",
  'constructor',
  '__proto__',
  '',
  '張量／テンソル📐',
  'x'.repeat(10_000),
];

export const hostile = (): Report => {
  const bad = (i: number) => HOSTILE[i % HOSTILE.length] as string;
  const layers = HOSTILE.map((name, i): Layer => ({ layer: bad(i + 1), op: bad(i + 2), output: name, shape: [2, 3] }));
  const report = reportOf({
    subject: { name: bad(0), kind: bad(1), producer: bad(5) },
    reference: { name: bad(4), kind: bad(6), version: bad(3), backward: bad(2) },
    layers,
    faults: HOSTILE.map((name, i) => ({
      direction: 'forward' as const,
      tensor: name,
      relL2: 0.1,
      cause: cause(bad(i), bad(i + 3), bad(i + 4), [bad(i + 5), bad(i + 6)], 0.5),
    })),
    unseen: HOSTILE.map((tensor) => ({ tensor: `unseen ${tensor}`, missing: 'reference' as const })),
    notes: HOSTILE,
    rerun: `layerdiff check '${bad(8)}'`,
    seed: 7,
  });
  return {
    ...report,
    tensors: report.tensors.map((row, i) => ({ ...row, subjectName: bad(i + 7), why: bad(i), reason: bad(i + 1) })),
  };
};

/** Two traces and no model: only chained errors. */
export const traces = (): Report =>
  reportOf({
    subject: { name: 'new-kernel.npz', kind: 'trace', producer: null },
    reference: { name: 'old-kernel.npz', kind: 'trace', version: '', backward: 'recorded' },
    layers: lenet(3).slice(0, 7),
    local: false,
    faults: [{ direction: 'forward', tensor: 'pool1_out', relL2: 0.34 }],
    rerun: 'layerdiff compare new-kernel.npz old-kernel.npz',
    seed: 8,
  });

/** Two references, of which one is a faulty framework: the oracle sides with the other. */
export const votes = (): Report => {
  const report = matching();
  const other = { name: 'lenet.json', kind: 'tfjs', version: '4.22.0', backward: 'tf.grads' };
  const because = 'rms error 0.0131, allowed 1.2e-7';
  const suspect = 'the framework is 4,213 noise floors away from the float64 oracle (rms 0.0131)';
  return {
    ...report,
    tensors: report.tensors.map((row) => (row.tensor === 'fc1_out' ? { ...row, suspect } : row)),
    votes: {
      references: [
        { reference: report.reference, outcome: 'match', confirmed: true },
        { reference: other, outcome: 'mismatch', confirmed: false },
      ],
      disputes: [
        {
          tensor: 'pool1_out',
          direction: 'backward',
          between: [report.reference.name, other.name],
          sides: report.reference.name,
          because,
        },
      ],
    },
    notes: [
      `References disagree on pool1_out (backward), ${report.reference.name} and ${other.name}: the oracle sides with ${report.reference.name} (${because}).`,
      ...report.notes,
    ],
  };
};

/** Everything right but what the optimiser did to one parameter; that of another could not be judged. */
export const updates = (): Report => {
  const report = matching();
  const layer = 'conv1.weight';
  const local = report.tensors.find((row) => row.local !== null)?.local ?? null;
  const wrong = {
    tensor: layer,
    subjectName: 'w1',
    direction: 'update',
    layer,
    verdict: 'mismatch',
    local,
    chained: null,
    allowed: { rms: 2e-9, because: 'the recorded gradient and state, one step of rounding each' },
    shape: [6, 1, 5, 5],
    optimizer: 'adam, learning rate 0.001',
    inferred: false,
    why: 'declared in the mapping',
  } as const;
  const open = { ...wrong, tensor: 'conv1.bias', subjectName: 'b1', layer: 'conv1.bias', shape: [6], local: null };
  const fault = cause(
    'optimizer.bias-correction',
    'Adam’s moments are not corrected for their start at zero',
    'Divide by 1 − β^t.',
    ['the update is that of Adam without its correction'],
  );
  const site: Site = { tensor: layer, direction: 'update', layer, op: 'Adam', cause: fault, candidates: [fault] };
  const unknown: Site = {
    ...site,
    tensor: 'fc.bias',
    layer: 'fc.bias',
    cause: null,
    candidates: [],
    search: 'searched 41 of 127 ideas, then the budget of one layer was used up',
  };
  return {
    ...report,
    outcome: 'mismatch',
    backward: { firstDivergence: site, faulty: [site, unknown] },
    updates: [
      wrong,
      {
        ...open,
        verdict: 'incomparable',
        allowed: null,
        optimizer: null,
        inferred: true,
        reason: 'no state was recorded',
      },
    ],
  };
};

/** Nothing was compared at all. */
export const empty = (): Report =>
  reportOf({
    subject: { name: 'empty.npz', kind: 'trace', producer: null },
    layers: [],
    outcome: 'inconclusive',
    seed: 9,
  });

/** Big: `layers` layers, a fault each 97. */
export function deep(layers: number): Report {
  const next = random(10);
  const list = Array.from(
    { length: layers },
    (_, i): Layer => ({
      layer: `block${Math.floor(i / 8)}.layer${i}`,
      op: ['Conv', 'Relu', 'Add', 'MatMul'][i % 4] as string,
      output: `block${Math.floor(i / 8)}.layer${i}.out`,
      shape: [2, 3 + (i % 5), 17, 13],
    }),
  );
  const faults = list
    .filter((_, i) => i % 97 === 50)
    .map(({ output }) => ({ direction: 'forward' as const, tensor: output, relL2: 10 ** (-4 * next()) }));
  return reportOf({
    subject: { name: 'deep.safetensors', kind: 'trace', producer: null },
    layers: list,
    faults,
    seed: 11,
  });
}

/** By file name in reports/samples/. */
export const samples: Readonly<Record<string, () => Report>> = {
  match: matching,
  'forward-cause': forwardCause,
  'backward-only': backwardOnly,
  several,
  inconclusive,
  nan,
  hostile,
  traces,
  votes,
  updates,
  empty,
};
