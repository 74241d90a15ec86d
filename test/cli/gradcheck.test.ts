import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { encodeModel, GraphBuilder, loadModel } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { checkModel } from '../../cli/gradients/check-model.ts';
import { checkSubject } from '../../harness/checks/check-subject.ts';
import { run } from '../../cli/run.ts';
import { networkSubject } from '../../adapters/network/index.ts';
import { FLOAT32, FLOAT64 } from '../../harness/checks/gradient-check.ts';
import { float32 } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import { lenet } from '../../models/twins/lenet.ts';

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'layerdiff-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command line: its exit code, and what it wrote. */
async function layerdiff(...args: string[]) {
  const written = { out: '', err: '' };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  const err = jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  try {
    return { code: await run(args), ...written };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

function saved(name: string, graph: Graph): string {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(graph, { inline: () => true }));
  return path;
}

describe('gradcheck of a model', () => {
  it.each(['lenet-digits', 'lstm-text', 'resnet-digits', 'unet-photo'])(
    'proves every gradient of %s, of every party',
    async (name) => {
      const golden = here(`test/data/goldens/${name}`);
      const inputs = readTensors(`${golden}/inputs.safetensors`);
      const effort = { ...FLOAT64, exhaustive: 4, elements: 4, directions: 1 };
      const { graph } = loadModel(`${golden}/model.onnx`);
      const report = await checkModel(loadModel(`${golden}/model.onnx`), inputs, { loss: null, effort });
      const verdicts = report.tensors.flatMap(({ claims }) => claims.map(({ verdict }) => verdict));
      expect(new Set(verdicts)).toEqual(new Set(['match']));
      const floats = [...graph.initializers.values()].filter(({ dtype }) => dtype === 'float32').length;
      expect(report.tensors.filter(({ role }) => role === 'parameter').length).toBe(floats);
    },
  );

  it('makes up inputs, indices within their range, and exits with 0', async () => {
    const { code, out } = await layerdiff(
      'gradcheck',
      here('test/data/goldens/lstm-text/model.onnx'),
      '--samples',
      '2',
    );
    expect(out).toMatch(/oracle \(float64\): \d+ right, 0 wrong/);
    expect(out).toMatch(/ONNX Runtime \(float32\): \d+ right, 0 wrong/);
    expect(out).toMatch(/target: it holds int64, not floats/);
    expect(code).toBe(0);
  });

  it('takes random cotangents where there is no scalar, and says so', async () => {
    const b = new GraphBuilder('two', 17);
    const y = b.node('Softmax', [b.input('x', 'float32', ['batch', 5])], { axis: int(1) }, { outputNames: ['y'] });
    b.output(y, 'float32', ['batch', 5]);
    const { code, out } = await layerdiff('gradcheck', saved('two', b.graph()), '--json');
    const report = JSON.parse(out) as { start: unknown; tensors: readonly { shape: readonly number[] }[] };
    expect(report.start).toEqual({ loss: null, seeded: ['y'] });
    expect(report.tensors[0]?.shape).toEqual([2, 5]);
    expect(code).toBe(0);
  });

  it('lists what has no gradient, and exits with 2 where nothing was shown', async () => {
    const b = new GraphBuilder('sequence', 17);
    const list = b.node('SplitToSequence', [b.input('x', 'float32', [4])], { keepdims: int(1) });
    b.output(
      b.node('ConcatFromSequence', [list], { axis: int(0) }, { name: 'join', outputNames: ['y'] }),
      'float32',
      [4],
    );
    const { code, out } = await layerdiff('gradcheck', saved('sequence', b.graph()));
    expect(out).toMatch(/x, ONNX Runtime \(float32\): E_NO_GRADIENT {2}join/);
    expect(out).toMatch(/x, oracle \(float64\): the operator \w+ \(node/);
    expect(out).toMatch(/Nothing was checked/);
    expect(code).toBe(2);
  });

  it('does not make up numbers that could mean anything', async () => {
    const b = new GraphBuilder('counts', 17);
    const x = b.node('Cast', [b.input('count', 'int64', [3])], { to: int(1) });
    b.output(
      b.node('Mul', [x, b.initializer('w', float32([3], [1, 2, 3]))], {}, { outputNames: ['y'] }),
      'float32',
      [3],
    );
    const { code, err } = await layerdiff('gradcheck', saved('counts', b.graph()));
    expect(err).toMatch(/E_INPUT {2}count: its whole numbers could mean anything.*--inputs FILE/);
    expect(code).toBe(2);
  });

  it.each([
    ['no such model', ['gradcheck', 'nowhere.onnx'], /E_FILE/],
    ['no such loss', ['gradcheck', here('models/twins/lenet/model.onnx'), '--loss', 'lost'], /E_LOSS {2}--loss lost/],
    [
      'no number',
      ['gradcheck', here('models/twins/lenet/model.onnx'), '--samples', 'many'],
      /E_OPTION {2}--samples many/,
    ],
    [
      'a trace as the subject',
      ['gradcheck', here('models/twins/lenet/model.onnx'), '--subject', here('models/twins/lenet/inputs.safetensors')],
      /E_SUBJECT/,
    ],
  ])('%s is an error, and no verdict', async (_, args, message) => {
    const { code, err } = await layerdiff(...args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('gradcheck of a hand-written network', () => {
  const { graph } = loadModel(here('models/twins/lenet/model.onnx'));
  const inputs = readTensors(here('models/twins/lenet/inputs.safetensors'));
  const effort = { ...FLOAT32, exhaustive: 2, elements: 2, directions: 1 };

  it('finds nothing in a right one, whatever is sampled', async () => {
    for (const seed of [0]) {
      const subject = networkSubject(lenet.make(), 'lenet');
      const { tensors } = await checkSubject(subject, graph, inputs, { loss: null, effort: { ...effort, seed } });
      const wrong = tensors.filter(({ claims }) => claims[0]?.verdict !== 'match');
      expect(wrong).toEqual([]);
      expect(tensors.length).toBe(9);
    }
  });

  it('finds a backward bug without any reference: the first exit code', async () => {
    const model = here('models/twins/lenet/model.onnx');
    const files = ['--inputs', here('models/twins/lenet/inputs.safetensors'), '--samples', '1'];
    const bug = await layerdiff('gradcheck', model, ...files, '--subject', here('examples/lenet-with-a-bug.ts'));
    expect(bug.out).toMatch(/✗ net\.conv1\.weight/);
    expect(bug.code).toBe(1);
  });
});
