import { describe, expect, it } from '@jest/globals';
import { openOnnxReference, runModel } from '../../../adapters/onnxruntime/index.ts';
import type { Place } from '../../../adapters/onnxruntime/engine.ts';
import { startHost } from '../../../adapters/onnxruntime/host.ts';
import { engineHere } from '../../../adapters/onnxruntime/session.ts';
import { engineAway } from '../../../adapters/onnxruntime/away.ts';
import { encodeModel, GraphBuilder } from '../../../adapters/onnx/index.ts';
import { int } from '../../../adapters/onnx/rule.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { float32, int64 } from '../../../harness/tensor.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';
import { answersOf, errorOf, goldens, tensorFrom } from './_support.ts';

const LENET = `${goldens}lenet-digits/`;
const everything = (graph: {
  nodes: readonly { outputs: readonly string[] }[];
  initializers: ReadonlyMap<string, unknown>;
}) => {
  const computed = graph.nodes.flatMap((node) => node.outputs);
  return { wantValues: computed, wantGradients: [...graph.initializers.keys(), ...computed], loss: 'loss' };
};

async function lenetAt(place: Place, groupBytes = 2 ** 28): Promise<Map<string, Tensor>> {
  const reference = await openOnnxReference(`${LENET}model.onnx`, { place, groupBytes });
  const inputs = readTensors(`${LENET}inputs.safetensors`);
  const answers = await answersOf(reference, { inputs, ...everything(reference.graph) });
  await reference.release();
  return answers;
}

describe('answers', () => {
  it('are bit-identical in a second run, in a thread, in a process, and with one tensor a group', async () => {
    const first = await lenetAt('here');
    expect(first.size).toBe(11 + 19);
    expect(await lenetAt('here')).toEqual(first);
    expect(await lenetAt('thread')).toEqual(first);
    expect(await lenetAt('process')).toEqual(first);
    expect(new Map([...(await lenetAt('here', 1))].toSorted())).toEqual(new Map([...first].toSorted()));
  });
});

const TYPES: DataType[] = [
  'float64',
  'float32',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
];

describe.each(['here', 'thread', 'process'] as const)('an engine %s', (place) => {
  it('carries every element type, scalars and empty tensors there and back unchanged', async () => {
    const builder = new GraphBuilder('types', 17);
    const feeds = new Map<string, Tensor>();
    TYPES.forEach((dtype, k) => {
      for (const [form, shape] of [
        ['', [2, 3]],
        [' scalar', []],
        [' empty', [0, 5]],
      ] as const) {
        feeds.set(dtype + form, tensorFrom(40 + k, dtype, shape));
        builder.output(
          builder.node(
            'Identity',
            [builder.input(dtype + form, dtype, shape)],
            {},
            { outputNames: [`out ${dtype}${form}`] },
          ),
        );
      }
    });
    feeds.set('string', { dtype: 'string', shape: [2], data: ['é', ''] });
    builder.output(
      builder.node('Identity', [builder.input('string', 'string', [2])], {}, { outputNames: ['out string'] }),
    );
    const engine = place === 'here' ? await engineHere() : await engineAway(place, { timeLimit: 30_000 });
    const session = await engine.open(encodeModel(builder.graph()), feeds, 'types');
    const results = await session.fetch([...feeds.keys()].map((name) => `out ${name}`));
    await session.release();
    await engine.release();
    for (const [name, tensor] of feeds) expect([name, results.get(`out ${name}`)]).toEqual([name, tensor]);
  });

  it('gives the error of a failing node in one line that names the node', async () => {
    const builder = new GraphBuilder('fails', 17);
    builder.input('x', 'float32', ['n', 'm']);
    builder.output(
      builder.node('Reshape', ['x', builder.initializer('to', int64([2], [7, 11]))], {}, { name: 'fold' }),
    );
    const engine = place === 'here' ? await engineHere() : await engineAway(place, { timeLimit: 30_000 });
    const session = await engine.open(
      encodeModel(builder.graph()),
      new Map([['x', tensorFrom(1, 'float32', [2, 3])]]),
      'fails',
    );
    const error = await errorOf(session.fetch(['fold_out']));
    await session.release();
    await engine.release();
    expect(error.code).toBe('E_SHAPE');
    expect(error.message).toBe(
      'E_SHAPE  fold: ONNX Runtime says: The input tensor cannot be reshaped to the requested shape. ' +
        'Input shape:{2,3}, requested shape:{7,11}. Check the shapes of what feeds this node.',
    );
  });
});

/** A model whose output is int4: fetching one aborts ONNX Runtime. */
function int4Model(): Uint8Array {
  const builder = new GraphBuilder('int4', 21);
  builder.input('x', 'float32', [2]);
  builder.output(builder.node('Cast', ['x'], { to: int(22) }, { outputNames: ['y'] }));
  return encodeModel(builder.graph());
}

/** A loop of 2⁴⁰ rounds. */
function endlessModel(): Uint8Array {
  const body = new GraphBuilder('body', 17);
  body.input('round', 'int64', []);
  body.input('go', 'bool', []);
  body.input('state', 'float32', []);
  body.output(body.node('Identity', ['go'], {}, { outputNames: ['goes on'] }), 'bool', []);
  body.output(body.node('Add', ['state', 'state'], {}, { outputNames: ['next'] }), 'float32', []);
  const builder = new GraphBuilder('endless', 17);
  const rounds = builder.initializer('rounds', int64([], [2 ** 40]));
  const start = builder.initializer('start', float32([], [1]));
  const loop = { body: { kind: 'graph', value: body.graph() } } as const;
  builder.output(builder.node('Loop', [rounds, '', start], loop, { outputNames: ['y'] }));
  return encodeModel(builder.graph());
}

describe('a crash of ONNX Runtime', () => {
  it('ends its own process only, and is reported with the signal', async () => {
    const host = startHost('process', 30_000);
    await host.ask({ request: 'load' }, 'load');
    await host.ask({ request: 'open', session: 0, bytes: int4Model() }, 'open');
    await host.ask(
      { request: 'feed', session: 0, tensors: [{ name: 'x', type: 'float32', dims: [2], data: new Float32Array(2) }] },
      'feed',
    );
    const error = await errorOf(host.ask({ request: 'fetch', session: 0, names: ['y'] }, 'int4.onnx'));
    expect(error.message).toMatch(/^E_REFERENCE {2}int4\.onnx: ONNX Runtime's process ended with SIG(ABRT|SEGV)/);
    expect(host.ended).toBe(true);
    await host.stop();
  });

  it('is avoided where the type is known to abort', async () => {
    const engine = await engineHere();
    const session = await engine.open(int4Model(), new Map([['x', float32([2], [1, 2])]]), 'int4.onnx');
    const error = await errorOf(session.fetch(['y']));
    await session.release();
    expect(error.message).toMatch(/^E_UNSUPPORTED {2}y: ONNX Runtime cannot pass int4 tensors/);
  });

  it('ends a run that takes too long, and the next model runs in a new process', async () => {
    const engine = await engineAway('process', { timeLimit: 3000 });
    const endless = await engine.open(endlessModel(), new Map(), 'endless.onnx');
    const error = await errorOf(endless.fetch(['y']));
    expect(error.message).toMatch(/^E_REFERENCE {2}endless\.onnx: ONNX Runtime did not finish within 3 s/);
    await endless.release();
    expect(await engine.inspect(int4Model(), 'next.onnx')).toEqual([{ name: 'y', type: 'int4', shape: [2] }]);
    await engine.release();
  });
});

describe('runModel', () => {
  const doubled = (): Uint8Array => {
    const builder = new GraphBuilder('double', 17);
    builder.input('x', 'float32', [2, 'n']);
    builder.output(builder.node('Add', ['x', 'x'], {}, { outputNames: ['y'] }));
    return encodeModel(builder.graph());
  };

  it('runs a model once and gives what is asked for', async () => {
    const results = await runModel(doubled(), new Map([['x', float32([2, 1], [1, -3])]]), ['y']);
    expect([...results]).toEqual([['y', float32([2, 1], [2, -6])]]);
  });

  it.each([
    [
      'a missing input',
      new Map(),
      ['y'],
      'E_INPUT  x: expected float32 [2, n], and it was not given. Give every input of the model.',
    ],
    [
      'an unknown input',
      new Map([
        ['x', float32([2, 1], [1, 2])],
        ['z', float32([], [1])],
      ]),
      ['y'],
      'E_INPUT  z: the model has no such input. Its inputs are: x.',
    ],
    [
      'a wrong shape',
      new Map([['x', float32([3, 1], [1, 2, 3])]]),
      ['y'],
      'E_INPUT  x: expected float32 [2, n], was given float32 [3, 1]. Give the type and shape that the model declares.',
    ],
    [
      'a wrong type',
      new Map([['x', int64([2, 1], [1, 2])]]),
      ['y'],
      'E_INPUT  x: expected float32 [2, n], was given int64 [2, 1]. Give the type and shape that the model declares.',
    ],
    [
      'an unknown output',
      new Map([['x', float32([2, 1], [1, 2])]]),
      ['q'],
      'E_INPUT  q: the model has no such output. Its outputs are: y.',
    ],
  ] as [string, Map<string, Tensor>, string[], string][])('refuses %s by name', async (_, feeds, fetches, message) => {
    expect((await errorOf(runModel(doubled(), feeds, fetches))).message).toBe(message);
  });

  it('refuses what is no model without printing anything', async () => {
    const error = await errorOf(runModel(new Uint8Array([1, 2, 3]), new Map(), []));
    expect(error.message).toMatch(/^E_REFERENCE {2}model: ONNX Runtime says: .*protobuf parsing failed\. Check/);
  });

  it('names the command that installs ONNX Runtime where it is absent', async () => {
    const absent = async () => {
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    };
    const error = await errorOf(engineHere(absent));
    expect(error.code).toBe('E_PEER');
    expect(error.message).toContain('ONNXRUNTIME_NODE_INSTALL=skip npm i -D onnxruntime-node');
  });
});
