import { LayerdiffError } from '../../harness/errors.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff inspect FILE`: what a model or a trace holds. */
export const addInspect: AddCommand = (program, done) => {
  program
    .command('inspect')
    .description('show what a model or a trace holds: names, types, shapes')
    .argument('<file>', 'model (.onnx, model.json) or trace (.safetensors, .npz)')
    .option('--json', 'print it as JSON, and nothing else')
    .action(async (path: string, flags: { json?: boolean }) => {
      const { inspectFile, inspectText, inspectTfjs } = await import('../inspect.ts');
      const { tfjsModel } = await import('../load-reference.ts');
      const tfjs = tfjsModel(path);
      if (tfjs === null && !/\.(?:onnx|safetensors|npz)$/i.test(path)) {
        throw new LayerdiffError(
          'E_OPTION',
          path,
          'only models (.onnx, model.json) and traces (.safetensors, .npz) can be inspected',
          'Give one of these.',
        );
      }
      const found = tfjs === null ? inspectFile(path) : await inspectTfjs(tfjs.path, tfjs.options);
      process.stdout.write(flags.json === true ? `${JSON.stringify(found, null, 2)}\n` : inspectText(found));
      done(0);
    });
};
